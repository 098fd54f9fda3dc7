"""A program that trains loads one OpenMP runtime, LibTorch's own: two would start two pools of threads.

Usage: openmp_test.py PROGRAM
"""

import pathlib
import re
import subprocess
import sys


def library(loaded: str, name: str) -> list[pathlib.Path]:
    return [pathlib.Path(path) for path in re.findall(rf"{name}\S* => (\S+)", loaded)]


def main() -> int:
    loaded = subprocess.run(["ldd", sys.argv[1]], check=True, capture_output=True, text=True).stdout
    runtimes = [path for name in ("libgomp", "libomp", "libiomp") for path in library(loaded, name)]
    [torch] = library(loaded, "libtorch_cpu")
    print(f"OpenMP: {runtimes}; LibTorch: {torch}")
    return 0 if len(runtimes) == 1 and runtimes[0].parent == torch.parent else 1


if __name__ == "__main__":
    sys.exit(main())
