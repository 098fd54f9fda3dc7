#!/usr/bin/env python3
"""A run that is killed, or whose disk fails, at any system call must end in the same files after the same command.

A small experiment (a learning-rate search, two trials, checkpoints, snapshots, analysis, report) is run under strace, which
lists every call that touches its run directory. Then, for each chosen call:

  kill   the process dies at this call (SIGKILL)
  fail   this call fails, with each of EIO, ENOSPC, EDQUOT, EROFS, EMFILE in turn; the program must end with an exit code of a
         failed write or read and name a file of the run directory, or do without the call

and the same command, run again, must end with exit code 0 and every file as in an undisturbed run but for times; a trial that
was recorded before is not touched. Prints one line per broken promise and a summary; exit code 1 if there is one.

  tools/dev/crash_check.py [--points 500] [--workers 2] [kill] [fail]
"""

import argparse
import collections
import concurrent.futures
import csv
import hashlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
CONFIG = """schema_version: 1
name: run
grid: {model: [shufflenet_v2_x0_5], potential: [negative_entropy]}
seeds: {count: 2}
model: {weights: none, classes: 16}
data: {root: images, resolution: 32, crop_ratio: 1.0, holdout: 4, subset: {count: 10}}
train: {epochs: 2, batch_size: 5}
lr: {search: [0.001, 0.01], target_accuracy: 0}
snapshots: {epochs: [1]}
analysis: {potentials: [negative_entropy, 2-norm]}
runtime: {checkpoint_every_epochs: 1}
"""
CALLS = ["openat", "write", "pwrite64", "fsync", "rename", "mkdir", "unlink", "unlinkat", "rmdir", "ftruncate", "fchmod", "close"]
ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE"]
FAILED = {65, 66, 73, 74, 77}  # exit codes of a failed write or read

Point = collections.namedtuple("Point", "call number error")  # error: None to kill


class World:
    """A folder of its own with the experiment's inputs, its run directory, and what that must hold in the end."""

    def __init__(self, folder: pathlib.Path, build: pathlib.Path):
        self.folder = folder
        self.run_folder = folder / "runs/run"
        self.command = [str(build / "mirrortune"), "run", "-q", "-c", "exp.yaml", "--threads", "1"]
        (folder / "exp.yaml").write_text(CONFIG)
        subprocess.run([build / "mirrortune", "data", "synth", "-q", "--out", "images", "--count", "24"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
        self.calls = self.trace()
        self.expected = self.contents()

    def run(self, prefix=()):
        return subprocess.run([*prefix, *self.command], cwd=self.folder, capture_output=True, text=True,
                              env=os.environ | {"OMP_WAIT_POLICY": "passive"})

    def trace(self) -> list:
        """Every call of an undisturbed run that touches the run directory, by its name and its number among its kind."""
        log = self.folder / "strace.log"
        done = self.run(["strace", "-f", "-y", "-s", "0", "-o", str(log), "-e", "trace=" + ",".join(CALLS)])
        if done.returncode != 0:
            sys.exit(f"crash check: the undisturbed run failed: {done.stderr}")
        lines = log.read_text(errors="replace").splitlines()
        main, counts, calls = lines[0].split()[0], collections.Counter(), []
        for line in lines:
            process, rest = line.split(None, 1)
            match = re.match(r"(\w+)\(", rest)
            if process != main or not match or match[1] not in CALLS:
                continue
            counts[match[1]] += 1
            if str(self.run_folder) in rest or "runs/run" in rest:
                calls.append((match[1], counts[match[1]]))
        return calls

    def contents(self) -> dict:
        """The files of the run directory without the times in them."""
        found = {}
        for path in sorted(self.run_folder.rglob("*")):
            name = str(path.relative_to(self.run_folder))
            if path.is_dir():
                found[name + "/"] = ""
            elif path.name in ("metrics.csv", "index.csv"):
                found[name] = [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(path.open())]
            elif path.name == "trial.json":
                found[name] = {k: v for k, v in json.loads(path.read_text()).items() if k != "seconds"}
            elif path.name == "log.txt":
                found[name] = re.sub(r"[0-9.]+ s\b", "", path.read_text())
            elif path.name not in (".lock", "index.html"):
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def recorded(self) -> dict:
        return {path: path.read_bytes() for path in self.run_folder.glob("cells/*/*/trial.json")}

    def check(self, point: Point) -> list:
        """What is broken after the run was disturbed at this point."""
        shutil.rmtree(self.folder / "runs", ignore_errors=True)
        effect = "signal=KILL" if point.error is None else f"error={point.error}"
        inject = f"inject={point.call}:{effect}:when={point.number}"
        disturbed = self.run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject])
        broken = self.broken_end(point, disturbed)
        before = self.recorded()
        again = self.run()
        if again.returncode != 0:
            broken.append(f"the next run ended with {again.returncode}: {again.stderr.strip()}")
        if before != {path: path.read_bytes() if path.exists() else None for path in before}:
            broken.append("a recorded trial was touched")
        actual = self.contents()
        for name in sorted(actual.keys() | self.expected.keys()):
            if actual.get(name) != self.expected.get(name):
                broken.append(f"{name} is not as in an undisturbed run")
        return [f"{point.call} {point.number} {point.error or 'killed'}: {line}" for line in broken]

    def broken_end(self, point: Point, disturbed) -> list:
        if point.error is None or disturbed.returncode == 0:
            return []  # killed; or the program did without
        if disturbed.returncode not in FAILED:
            return [f"ended with {disturbed.returncode}: {disturbed.stderr.strip()}"]
        if "runs/run" not in disturbed.stderr:
            return [f"the message names no file: {disturbed.stderr.strip()}"]
        return []


def spread(items: list, count: int) -> list:
    """`count` of the items, evenly."""
    return items if len(items) <= count else [items[i * len(items) // count] for i in range(count)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("how", nargs="*", default=[], help="kill, fail (default: both)")
    parser.add_argument("--points", type=int, default=500, help="calls of each kind of disturbance, evenly over the run")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    args = parser.parse_args()
    how = args.how or ["kill", "fail"]
    if set(how) - {"kill", "fail"}:
        parser.error("there are kill and fail")
    with tempfile.TemporaryDirectory() as folder:
        places = [pathlib.Path(folder) / str(i) for i in range(args.workers)]
        for place in places:
            place.mkdir()
        worlds = [World(place, args.build.resolve()) for place in places]
        calls = worlds[0].calls
        points = []
        if "kill" in how:
            points += [Point(*call, None) for call in spread(calls, args.points)]
        if "fail" in how:
            failures = [Point(*call, error) for call, error in zip(calls, itertools.cycle(ERRORS))]
            points += spread(failures, args.points)

        def work(i: int) -> list:
            return list(itertools.chain.from_iterable(worlds[i].check(p) for p in points[i :: args.workers]))

        with concurrent.futures.ThreadPoolExecutor(args.workers) as pool:
            broken = list(itertools.chain.from_iterable(pool.map(work, range(args.workers))))
    print("\n".join(broken + [f"{len(points)} points of {len(calls)} calls, {len(broken)} promises broken"]))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
