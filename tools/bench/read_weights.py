#!/usr/bin/env python3
"""Reading ResNet-50's weights (102 MB) into memory: ours against Python, and against reading and hashing the file's bytes.

Makes a zip .pth and a .safetensors of random values and reads each in turns, the files in the page cache: ours (every tensor
into an array, the zip's CRC-32 checked), the bytes read and hashed once (SHA-256), and Python's torch.load(weights_only=True)
or safetensors.torch.load_file. One thread each. Then `weights inspect` of a made sharded checkpoint of 10 GB, holes all of it.
Prints JSON: medians of milliseconds over the rounds, medians of each round's ratios, and seconds and peak memory of inspect.

  tools/bench/read_weights.py [--rounds 9] [--output read_weights.json]
"""

import argparse
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]


def resnet50_shapes() -> dict[str, tuple]:
    """Names and shapes of torchvision's published file: 267 entries, without num_batches_tracked."""
    shapes = {}

    def convolution(name: str, norm: str, inputs: int, outputs: int, kernel: int) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs, kernel, kernel)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{norm}.{part}"] = (outputs,)

    convolution("conv1", "bn1", 3, 64, 7)
    inputs = 64
    for layer, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
        for block in range(blocks):
            name = f"layer{layer}.{block}"
            convolution(f"{name}.conv1", f"{name}.bn1", inputs, width, 1)
            convolution(f"{name}.conv2", f"{name}.bn2", width, width, 3)
            convolution(f"{name}.conv3", f"{name}.bn3", width, 4 * width, 1)
            if block == 0:
                convolution(f"{name}.downsample.0", f"{name}.downsample.1", inputs, 4 * width, 1)
            inputs = 4 * width
    return {**shapes, "fc.weight": (1000, 2048), "fc.bias": (1000,)}


def make_files(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    state = {name: torch.randn(shape) for name, shape in resnet50_shapes().items()}
    torch.save(state, folder / "resnet50.pth")
    save_file(state, folder / "resnet50.safetensors")
    return {"zip .pth": folder / "resnet50.pth", "safetensors": folder / "resnet50.safetensors"}


def milliseconds_of_ours(program: pathlib.Path, benchmark: str, path: pathlib.Path) -> float:
    command = [program, f"--benchmark_filter=^{benchmark}/", "--benchmark_format=json", "--benchmark_min_time=0.5", path]
    (measured,) = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["benchmarks"]
    if benchmark == "read" and measured["tensors"] != len(resnet50_shapes()):
        raise SystemExit("ours did not read all tensors")
    return measured["real_time"]


def milliseconds_of_python(path: pathlib.Path, repeats: int = 5) -> float:
    import torch
    from safetensors.torch import load_file

    def load():
        return torch.load(path, weights_only=True) if path.suffix == ".pth" else load_file(path)

    assert len(load()) == len(resnet50_shapes())
    start = time.perf_counter()
    for _ in range(repeats):
        load()
    return (time.perf_counter() - start) / repeats * 1000


def compare(program: pathlib.Path, path: pathlib.Path, rounds: int) -> dict:
    turns = []
    for _ in range(rounds):
        turns.append((milliseconds_of_ours(program, "hash", path), milliseconds_of_ours(program, "read", path),
                      milliseconds_of_python(path)))
    return {
        "bytes": path.stat().st_size,
        "read_and_hash_ms": statistics.median(hashed for hashed, _, _ in turns),
        "mirrortune_ms": statistics.median(ours for _, ours, _ in turns),
        "python_ms": statistics.median(python for _, _, python in turns),
        "mirrortune_by_read_and_hash": statistics.median(ours / hashed for hashed, ours, _ in turns),
        "python_by_mirrortune": statistics.median(python / ours for _, ours, python in turns),
    }


def make_shards(folder: pathlib.Path, shards: int = 5, tensors: int = 200, tensor_bytes: int = 10_000_000) -> None:
    """A sharded checkpoint of holes: headers, and the rest of each file by truncate()."""
    weight_map = {}
    for shard in range(shards):
        header, name = {}, f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        for i in range(tensors):
            tensor = f"layers.{shard * tensors + i}.weight"
            header[tensor] = {"dtype": "BF16", "shape": [tensor_bytes // 2000, 1000],
                              "data_offsets": [i * tensor_bytes, (i + 1) * tensor_bytes]}
            weight_map[tensor] = name
        text = json.dumps(header).encode()
        with open(folder / name, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.truncate(8 + len(text) + tensors * tensor_bytes)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def inspect(program: pathlib.Path, folder: pathlib.Path) -> dict:
    start = time.perf_counter()
    child = subprocess.Popen([program, "weights", "inspect", folder], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit("weights inspect failed")
    return {"bytes": sum(file.stat().st_size for file in folder.iterdir()), "seconds": time.perf_counter() - start,
            "peak_mb": usage.ru_maxrss / 1024}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/bin/bench_read_weights")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/mirrortune")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    result = {"rounds": args.rounds, "formats": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file_format, path in make_files(folder).items():
            result["formats"][file_format] = compare(args.ours, path, args.rounds)
        (folder / "shards").mkdir()
        make_shards(folder / "shards")
        result["inspect"] = inspect(args.program, folder / "shards")
    text = json.dumps(result, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
