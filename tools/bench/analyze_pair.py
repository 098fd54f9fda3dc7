#!/usr/bin/env python3
"""How long and in how much memory `mirrortune analyze --pair` compares two files.

Makes a pair of safetensors files of log-normal weights and a Gaussian change (kept in a temporary folder), once as a single
tensor and once as 20, and analyses each under five potentials. Then the published computation in numpy, np.mean(z < x) at each
of 1000 grid points, of the 2-norm's changes of the network alone (no rows of layers, nothing but ΔCDF). Prints one JSON document:
the goals are 0.3 processor seconds per potential (0.15 s on two free cores) and 1.5 times the two files in memory.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
POTENTIALS = "negative_entropy,1.5-norm,2-norm,2.5-norm,3-norm"


def write_safetensors(path, tensors, dtype="F32"):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def make_pair(folder, shapes):
    random = numpy.random.default_rng(0)
    before = {f"layer{i}.weight": numpy.float32(0.02 * numpy.exp(random.standard_normal(shape)) * random.choice([-1, 1], shape))
              for i, shape in enumerate(shapes)}
    after = {name: numpy.float32(w + 0.001 * random.standard_normal(w.shape)) for name, w in before.items()}
    paths = [folder / "before.safetensors", folder / "after.safetensors"]
    for path, tensors in zip(paths, (before, after)):
        write_safetensors(path, tensors)
    return paths


def elsewhere(function, *arguments):
    """In a process of its own: a child's peak counts the memory of the process that started it."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(function, arguments)


def measure(command):
    """Wall seconds, processor seconds and peak resident bytes of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with status {status}")
    return {"wall_s": round(wall, 3), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3), "peak_bytes": usage.ru_maxrss * 1024}


def published_seconds(paths):
    """Processor seconds of the authors' ΔCDF of one potential from the same files, whose tensors lie at their ends."""
    def weights(path):
        with open(path, "rb") as file:
            file.seek(8 + struct.unpack("<Q", file.read(8))[0])
            return numpy.frombuffer(file.read(), numpy.float32)

    start = time.process_time()
    change = weights(paths[1]) - weights(paths[0])
    z = change / change.std(ddof=1)
    cdf = numpy.array([numpy.mean(z < x) for x in numpy.linspace(-5, 5, 1000)])
    assert cdf[-1] > 0.9
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/mirrortune")
    parser.add_argument("--weights", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    layouts = {"one tensor": [(arguments.weights // 1000, 1000)], "20 tensors": [(arguments.weights // 20000, 1000)] * 20}
    results = []
    for layout, shapes in layouts.items():
        with tempfile.TemporaryDirectory() as folder:
            paths = elsewhere(make_pair, pathlib.Path(folder), shapes)
            command = [arguments.binary, "analyze", "--pair", *paths, "--potentials", POTENTIALS, "--json", "--no-progress",
                       "--threads", str(arguments.threads)]
            best = min((measure(command) for _ in range(arguments.repeats)), key=lambda run: run["cpu_s"])
            published = elsewhere(published_seconds, paths)
            files = sum(path.stat().st_size for path in paths)
            results.append({"layout": layout, **best, "cpu_per_potential_s": round(best["cpu_s"] / 5, 3),
                            "published_cpu_per_potential_s": round(published, 2),
                            "published_over_ours": round(published / (best["cpu_s"] / 5), 1),
                            "files_bytes": files, "peak_over_files": round(best["peak_bytes"] / files, 3)})
    text = json.dumps({"weights": arguments.weights, "potentials": 5, "threads": arguments.threads, "cores": os.cpu_count(),
                      "load_before": round(os.getloadavg()[0], 2), "results": results}, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
