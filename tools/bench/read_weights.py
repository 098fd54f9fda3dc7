#!/usr/bin/env python3
"""Reading ResNet-50's weights (102 MB) into memory: ours against Python, and against reading and hashing the file's bytes.

Makes a zip .pth and a .safetensors of random values and reads each in turns: ours (every tensor into fresh memory, the zip's
CRC-32 checked), the bytes read and hashed once (SHA-256), and Python's torch.load(weights_only=True) or
safetensors.torch.load_file. The latter maps the file and reads nothing; python_copied is the time with every tensor copied into
memory, which is what the others do. One thread each, each in a new process that has read the file once before. Before them
`weights inspect` of a sharded checkpoint of 10 GB, holes all of it.

Prints JSON: medians over the rounds of milliseconds of processor time (with one thread and warm files the real time of an idle
machine), medians of each round's ratios, and real seconds and peak memory of inspect.

  tools/bench/read_weights.py [--rounds 9] [--output read_weights.json]
"""

import argparse
import hashlib
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
    command = [program, f"--benchmark_filter=^{benchmark}/", "--benchmark_format=json", path]
    (measured,) = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["benchmarks"]
    if benchmark == "read" and measured["tensors"] != len(resnet50_shapes()):
        raise SystemExit("ours did not read all tensors")
    return measured["cpu_time"]


def milliseconds_of_python(path: pathlib.Path, copied: bool) -> float:
    command = [sys.executable, __file__, "--time-python", path] + ["--copied"] * copied
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def time_python(path: pathlib.Path, copied: bool) -> float:
    """Milliseconds of processor time of one load in this process."""
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(1)
    hashlib.sha256(path.read_bytes())  # all start with the file as near to the processor as reading leaves it
    start = time.process_time()
    state = torch.load(path, weights_only=True) if path.suffix == ".pth" else load_file(path)
    if copied and path.suffix != ".pth":
        state = {name: tensor.clone() for name, tensor in state.items()}
    passed = time.process_time() - start
    assert len(state) == len(resnet50_shapes())
    return passed * 1000


def compare(program: pathlib.Path, path: pathlib.Path, rounds: int) -> dict:
    turns = []
    for _ in range(rounds):
        turns.append((milliseconds_of_ours(program, "hash", path), milliseconds_of_ours(program, "read", path),
                      milliseconds_of_python(path, copied=False), milliseconds_of_python(path, copied=True)))
    hashed, ours, python, copied = (statistics.median(column) for column in zip(*turns))
    return {
        "bytes": path.stat().st_size,
        "read_and_hash_ms": hashed,
        "mirrortune_ms": ours,
        "python_ms": python,
        "python_copied_ms": copied,
        "mirrortune_by_read_and_hash": statistics.median(turn[1] / turn[0] for turn in turns),
        "python_copied_by_mirrortune": statistics.median(turn[3] / turn[1] for turn in turns),
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
    """Measured while this process is still small: a child's peak begins with its parent's."""
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
    parser.add_argument("--time-python", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--copied", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.time_python:
        print(time_python(args.time_python, args.copied))
        return 0
    result = {"rounds": args.rounds, "formats": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "shards").mkdir()
        make_shards(folder / "shards")
        result["inspect"] = inspect(args.program, folder / "shards")
        for file_format, path in make_files(folder).items():
            result["formats"][file_format] = compare(args.ours, path, args.rounds)
    text = json.dumps(result, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
