#!/usr/bin/env python3
"""How fast a folder of images becomes the bytes that a training reads.

Draws 5,000 made-up JPEG images of 64×64 and times `mirrortune data pack`: start of the program, decoding, preprocessing and
writing of the cache. Beside it, in turns, one Python process that decodes the same files with OpenCV if it has it. Prints JSON
with the medians over the rounds; the goal is 2 s on two cores.

  tools/bench/decode_images.py [--rounds 5] [--output decode_images.json]
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
IN_PYTHON = """
import pathlib, sys
import cv2, numpy
files = sorted(pathlib.Path(sys.argv[1]).glob('*/*.jpg'))
images = numpy.stack([cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB) for file in files])
"""


def seconds(command: list) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--mirrortune", type=pathlib.Path, default=ROOT / "build/release/mirrortune")
    parser.add_argument("--python", default="python3", help="a Python with cv2 and numpy")
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    has_opencv = subprocess.run([args.python, "-c", "import cv2, numpy"], capture_output=True).returncode == 0
    ours, python = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        subprocess.run([args.mirrortune, "data", "synth", "--out", folder / "images", "--count", str(args.count), "--seed", "1"],
                       check=True, capture_output=True)
        for _ in range(args.rounds):
            shutil.rmtree(folder / "cache", ignore_errors=True)
            ours.append(seconds([args.mirrortune, "data", "pack", folder / "images", "--resolution", "64", "--crop-ratio", "1.0",
                                 "--out", folder / "cache"]))
            if has_opencv:
                python.append(seconds([args.python, "-c", IN_PYTHON, folder / "images"]))
    result = {"images": args.count, "pack_seconds": statistics.median(ours)}
    if python:
        result |= {"python_opencv_seconds": statistics.median(python),
                   "ratio": statistics.median(a / b for a, b in zip(ours, python))}
    text = json.dumps(result, indent=2)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
