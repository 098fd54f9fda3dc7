"""A small experiment, what its run directory holds when nothing disturbs it, and what must hold after a disturbance."""

import collections
import csv
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

CONFIG = """schema_version: 1
name: run
grid: {model: [shufflenet_v2_x0_5], potential: [negative_entropy]}
seeds: {count: 2}
model: {weights: none, classes: 16}
data: {root: images, resolution: 32, crop_ratio: 1.0, holdout: 4, subset: {count: 6}}
train: {epochs: 4, batch_size: 3}
lr: {search: [0.001, 0.01], target_accuracy: 0}
snapshots: {epochs: [1]}
analysis: {potentials: [negative_entropy]}
runtime: {checkpoint_every_epochs: 1}
"""
# The same without search, snapshot and second trial, for a disturbance of every call.
SMALL_CONFIG = CONFIG.replace("count: 2}", "count: 1}").replace("epochs: 4", "epochs: 3").replace(
    "{search: [0.001, 0.01], target_accuracy: 0}", "{fixed: 0.001}").replace("snapshots: {epochs: [1]}\n", "")
CALLS = ["openat", "write", "pwrite64", "fsync", "rename", "mkdir", "unlink", "unlinkat", "rmdir", "ftruncate", "fchmod",
         "close"]
FAILED_READ = {65, 66}
FAILED_WRITE = {73, 74, 77}
TIME_LIMIT_S = 120

Call = collections.namedtuple("Call", "name number line")  # the number-th call of this name, as strace shows it


class World:
    """A folder of its own with the experiment's inputs, its run directory, and what that must hold in the end."""

    def __init__(self, folder: pathlib.Path, build: pathlib.Path, config: str = CONFIG):
        self.folder = folder
        self.output_root = folder / "runs"
        self.run_folder = self.output_root / "run"
        self.log = folder / "strace.log"
        self.command = [str(build / "mirrortune"), "run", "-q", "-c", "exp.yaml", "--threads", "1"]
        (folder / "exp.yaml").write_text(config)
        subprocess.run([build / "mirrortune", "data", "synth", "-q", "--out", "images", "--count", "16"], cwd=folder,
                       check=True, stdout=subprocess.DEVNULL)
        self.output_root.mkdir(exist_ok=True)  # as clear() leaves it, so that calls keep their numbers
        self.calls = self.trace()
        self.expected = self.contents()
        self.bytes = sum(path.stat().st_size for path in self.run_folder.rglob("*"))

    def start(self, prefix=()) -> subprocess.Popen:
        return subprocess.Popen([*prefix, *self.command], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=os.environ | {"OMP_WAIT_POLICY": "passive"}, start_new_session=True)

    def run(self, prefix=()) -> subprocess.CompletedProcess:
        return self.end(self.start(prefix))

    def end(self, process: subprocess.Popen) -> subprocess.CompletedProcess:
        try:
            out, err = process.communicate(timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += f"\nit did not end within {TIME_LIMIT_S} s"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def strace(self, calls, *injects) -> list:
        """What to put before the command; the log holds these calls with their paths."""
        effects = [word for inject in injects for word in ("-e", "inject=" + inject)]
        # Quicker, since other calls do not wait for strace; but an injected signal is lost then.
        quick = [] if any("signal=" in inject for inject in injects) else ["--seccomp-bpf"]
        return ["strace", "-f", *quick, "-y", "-s", "0", "-o", str(self.log), "-e", "trace=" + ",".join(calls), *effects]

    def trace(self) -> list:
        """Every call of an undisturbed run that touches the run directory."""
        done = self.run(self.strace(CALLS))
        if done.returncode != 0:
            sys.exit(f"crash check: the undisturbed run failed: {done.stderr}")
        lines = self.log.read_text(errors="replace").splitlines()
        main, counts, calls = lines[0].split()[0], collections.Counter(), []
        for line in lines:
            process, rest = line.split(None, 1)
            match = re.match(r"(\w+)\(", rest)
            if process != main or not match or match[1] not in CALLS:
                continue
            counts[match[1]] += 1
            if "runs/run" in rest:
                calls.append(Call(match[1], counts[match[1]], rest))
        return calls

    def clear(self) -> None:
        if self.output_root.exists():
            for path in self.output_root.iterdir():
                shutil.rmtree(path, ignore_errors=True)

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
                found[name] = sha256(path)
        return found

    def recorded(self) -> dict:
        return {path: path.read_bytes() for path in self.run_folder.glob("cells/*/*/trial.json")}

    def broken_checkpoints(self) -> list:
        """A checkpoint may lack files, since it is removed file by file, but holds no wrong one; and of a trial that is under
        way one is whole."""
        broken = []
        for folder in self.run_folder.glob("cells/**/checkpoint"):
            checkpoints = list(folder.glob("step-*"))
            states = [state for path in checkpoints for state in checkpoint_states(path)]
            broken += [f"{path.relative_to(self.run_folder)} is damaged" for path, state in states if state == "damaged"]
            lacking = {path.parent for path, state in states if state != "whole"}
            trial = folder.parent.name.startswith("seed-") and not (folder.parent / "trial.json").exists()
            if trial and checkpoints and lacking == set(checkpoints):
                broken.append(f"{folder.relative_to(self.run_folder)} holds no whole checkpoint")
        return broken

    def broken_failure(self, ended, codes) -> list:
        """What is wrong with the end of a run whose disk failed; none if it did without."""
        if ended.returncode == 0:
            return []
        if ended.returncode not in codes:
            return [f"ended with {ended.returncode}: {ended.stderr.strip()}"]
        if "runs/run" not in ended.stderr:
            return [f"the message names no file: {ended.stderr.strip()}"]
        return []

    def broken_finish(self) -> list:
        """What is broken after the same command is run again."""
        before = self.recorded()
        again = self.run()
        broken = []
        if again.returncode != 0:
            broken.append(f"the next run ended with {again.returncode}: {again.stderr.strip()}")
        if before != {path: path.read_bytes() if path.exists() else None for path in before}:
            broken.append("a recorded trial was touched")
        actual = self.contents()
        names = sorted(actual.keys() | self.expected.keys())
        if others := [name for name in names if actual.get(name) != self.expected.get(name)]:
            broken.append(f"not as in an undisturbed run: {', '.join(others)}")
        return broken


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checkpoint_states(folder: pathlib.Path) -> list:
    """The files of a checkpoint and whether each is whole, missing or damaged."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return [(manifest, "missing")]
    return [(folder / name, "missing" if not (folder / name).exists() else
             "whole" if sha256(folder / name) == entry["sha256"] else "damaged")
            for name, entry in json.loads(manifest.read_text())["files"].items()]


def spread(items: list, count: int, phase: float = 0.5) -> list:
    """`count` of the items, evenly; the phase in [0, 1) says where in its part each is taken."""
    return items if len(items) <= count else [items[int((i + phase) * len(items) / count)] for i in range(count)]


def spread_over_kinds(items: list, count: int, call_of=lambda item: item) -> list:
    """`count` of the items: all of a kind of call, or its even share of them, so that the many writes of a long table leave
    room for the few renames."""
    kinds = collections.defaultdict(list)
    for item in items:
        kinds[call_of(item).name].append(item)
    chosen = []
    for i, of_kind in enumerate(sorted(kinds.values(), key=len)):
        chosen += spread(of_kind, (count - len(chosen)) // (len(kinds) - i), i / len(kinds))
    return chosen
