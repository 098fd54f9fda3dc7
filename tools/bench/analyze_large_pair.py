#!/usr/bin/env python3
"""How fast and in how much memory `mirrortune analyze --pair` compares two networks of bfloat16 weights in shards.

Makes two folders of safetensors shards with an index, as large language models are published, of log-normal weights and a
Gaussian change, and analyses the pair under five potentials. Beside it `sha256sum` hashes the same files, and they are read once
from the disk with nothing of them in memory. The goals are 0.6 of the slower of the two, and 300 MB of resident memory.
"""

import argparse
import json
import os
import pathlib
import tempfile
import time

import numpy

from analyze_pair import POTENTIALS, ROOT, elsewhere, measure, write_safetensors

SHAPE = (4096, 4096)
TENSORS_PER_SHARD = 8
TENSOR_BYTES = 2 * SHAPE[0] * SHAPE[1]


def bfloat16(values):
    """The nearest bfloat16 of each float32, ties to even, as its 16 bits."""
    bits = values.view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


def make_tensor(random):
    before = random.standard_normal(SHAPE, numpy.float32)
    numpy.exp(before, out=before)
    before *= numpy.float32(0.02)
    numpy.copysign(before, random.standard_normal(SHAPE, numpy.float32), out=before)
    after = before + numpy.float32(0.001) * random.standard_normal(SHAPE, numpy.float32)
    return bfloat16(before), bfloat16(after)


def make_pair(folder, tensors):
    """Returns the two index files."""
    random = numpy.random.default_rng(0)
    shards = -(-tensors // TENSORS_PER_SHARD)
    folders = [folder / "before", folder / "after"]
    weight_maps = [{}, {}]
    for path in folders:
        path.mkdir()
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        numbers = range(shard * TENSORS_PER_SHARD, min(tensors, (shard + 1) * TENSORS_PER_SHARD))
        made = {f"model.layers.{i}.mlp.up_proj.weight": make_tensor(random) for i in numbers}
        for side, path in enumerate(folders):
            write_safetensors(path / file, {name: pair[side] for name, pair in made.items()}, dtype="BF16")
            weight_maps[side].update(dict.fromkeys(made, file))
    indices = [path / "model.safetensors.index.json" for path in folders]
    for index, weight_map in zip(indices, weight_maps):
        index.write_text(json.dumps({"metadata": {"total_size": tensors * TENSOR_BYTES}, "weight_map": weight_map}))
    return indices


def disk_seconds(files):
    """Wall seconds of reading the files once after their pages have been dropped."""
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
    buffer = bytearray(1 << 23)
    start = time.perf_counter()
    for file in files:
        with open(file, "rb", buffering=0) as stream:
            while stream.readinto(buffer):
                pass
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/mirrortune")
    parser.add_argument("--gigabytes", type=float, default=0.3, help="of the two networks together")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=pathlib.Path, help="where the networks are made for a while (default: the system's)")
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    tensors = max(1, round(arguments.gigabytes * 1e9 / (2 * TENSOR_BYTES)))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        indices = elsewhere(make_pair, pathlib.Path(folder), tensors)
        files = sorted(pathlib.Path(folder).glob("*/*.safetensors"))
        total = sum(file.stat().st_size for file in files)
        disk = disk_seconds(files)
        hashed = measure(["sha256sum", *files])
        ours = measure([arguments.binary, "analyze", "--pair", *indices, "--potentials", POTENTIALS, "--json", "--no-progress",
                        "--threads", str(arguments.threads)])
    text = json.dumps({"gigabytes": round(total / 1e9, 2), "tensors": tensors, "potentials": 5, "threads": arguments.threads,
                       "cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2),
                       "analyze": ours, "sha256sum": hashed, "disk_s": round(disk, 3),
                       "megabytes_per_s": round(total / 1e6 / ours["wall_s"], 1),
                       "of_the_slower": round(max(hashed["wall_s"], disk) / ours["wall_s"], 2)}, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
