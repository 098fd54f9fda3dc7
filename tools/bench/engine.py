#!/usr/bin/env python3
"""What the experiment engine costs beside the training itself.

overhead      of a trial of ShuffleNetV2 x0.5 at 64×64: the part of its time that is neither training steps nor evaluations, from
              two trials that differ in their number of epochs, so that what both do once drops out; and what both do once
checkpoint    the time of a checkpoint against writing and syncing a file of the same bytes (ResNet-18, in turns)
resume        the command of a finished experiment of 500 trials, and of one trial
side by side  two trials at once, a core each, against one after the other (a core each, and both cores each)

Times are wall clock of whole processes or of the records they leave; the ratios are of medians over rounds taken in turns.

  tools/bench/engine.py --output engine.json
"""

import argparse
import csv
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
CONFIG = """\
schema_version: 1
name: {name}
grid: {{model: [{model}], potential: [3-norm]}}
seeds: {{count: {seeds}}}
model: {{weights: none, classes: 16}}
data: {{root: images, resolution: {resolution}, crop_ratio: 1.0, subset: {{count: {images}}}}}
train: {{epochs: {epochs}, batch_size: {batch}}}
lr: {{fixed: 0.01}}
analysis: {{potentials: [3-norm]}}
runtime: {{checkpoint_every_epochs: {every}, parallel: {parallel}}}
"""
DEFAULTS = dict(model="shufflenet_v2_x0_5", seeds=1, resolution=64, images=1024, epochs=1, batch=256, every=5, parallel=1)


class Bench:
    def __init__(self, folder: pathlib.Path, program: pathlib.Path):
        self.folder, self.program = folder, program
        self.call("data", "synth", "--out", "images", "--count", "1100")

    def call(self, *arguments) -> float:
        start = time.perf_counter()
        subprocess.run([self.program, *map(str, arguments), "-q"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    def run(self, name: str, threads: int, **settings) -> float:
        """Runs an experiment from nothing; seconds of the whole command."""
        (self.folder / f"{name}.yaml").write_text(CONFIG.format(**DEFAULTS | settings, name=name))
        shutil.rmtree(self.folder / "runs" / name, ignore_errors=True)
        return self.call("run", "-c", f"{name}.yaml", "--threads", threads)

    def outside_epochs(self, name: str) -> tuple[float, float]:
        """Seconds of a run's one trial, and those of them that no epoch took."""
        trial = next((self.folder / "runs" / name).glob("cells/*/seed-00"))
        seconds = json.loads((trial / "trial.json").read_text())["seconds"]
        with (trial / "metrics.csv").open(newline="") as file:
            return seconds, seconds - sum(float(row["seconds"]) for row in csv.DictReader(file))


def overhead(bench: Bench, rounds: int) -> dict:
    shares, once = [], []
    for _ in range(rounds):
        bench.run("short", 2, epochs=1)
        bench.run("long", 2, epochs=31)
        (_, short), (seconds, long) = bench.outside_epochs("short"), bench.outside_epochs("long")
        shares.append((long - short) / seconds)
        once.append(short / seconds)
    return {"share_of_trial": statistics.median(shares), "evaluations_and_snapshots_share": statistics.median(once)}


def write_and_sync(path: pathlib.Path, data: bytes) -> float:
    start = time.perf_counter()
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    return time.perf_counter() - start


def checkpoint(bench: Bench, rounds: int) -> dict:
    settings = dict(model="resnet18", resolution=32, images=16, batch=16, epochs=41)
    ours, plain = [], []
    for _ in range(rounds):
        bench.run("without", 2, **settings, every=0)
        bench.run("with", 2, **settings, every=1)
        ours.append((bench.outside_epochs("with")[1] - bench.outside_epochs("without")[1]) / 40)
        # Weights, buffers and momentum of 11,190,000 numbers: what such a checkpoint holds.
        data = os.urandom(2 * 4 * 11_190_000)
        plain += [write_and_sync(bench.folder / "plain", data) for _ in range(5)]
    return {"seconds": statistics.median(ours), "write_and_sync_seconds": statistics.median(plain),
            "ratio": statistics.median(ours) / statistics.median(plain)}


def copy_trial(cell: pathlib.Path, seed: int) -> None:
    """A trial of another seed with the results of the first."""
    folder = cell / f"seed-{seed:02}"
    shutil.copytree(cell / "seed-00", folder)
    record = json.loads((folder / "trial.json").read_text())
    record["seed"] = seed
    record["identity"]["seed"] = str(seed)
    lines = "".join(f"{key}={value}\n" for key, value in sorted(record["identity"].items()))
    record["identity_sha256"] = hashlib.sha256(lines.encode()).hexdigest()
    (folder / "trial.json").write_text(json.dumps(record))


def resume(bench: Bench, rounds: int) -> dict:
    settings = dict(resolution=32, images=10, batch=5)
    bench.run("one", 2, **settings)
    bench.run("many", 2, **settings)
    (bench.folder / "many.yaml").write_text(CONFIG.format(**DEFAULTS | settings | {"seeds": 500}, name="many"))
    cell = next((bench.folder / "runs/many/cells").iterdir())
    for seed in range(1, 500):
        copy_trial(cell, seed)
    bench.call("run", "-c", "many.yaml", "--threads", 2)  # analyses them all
    times = {name: statistics.median(bench.call("run", "-c", f"{name}.yaml", "--threads", 2) for _ in range(rounds))
             for name in ("one", "many")}
    return {"seconds_of_500_trials": times["many"], "seconds_of_one_trial": times["one"]}


def side_by_side(bench: Bench, rounds: int) -> dict:
    settings = dict(seeds=2, epochs=8)
    one_core, both_cores, at_once = [], [], []
    for _ in range(rounds):
        one_core.append(bench.run("one_core", 1, **settings))
        both_cores.append(bench.run("both_cores", 2, **settings))
        at_once.append(bench.run("at_once", 1, **settings, parallel=2))
    best = min(statistics.median(one_core), statistics.median(both_cores))
    return {"one_after_the_other_1_thread": statistics.median(one_core),
            "one_after_the_other_2_threads": statistics.median(both_cores),
            "at_once_1_thread_each": statistics.median(at_once),
            "gain_over_the_better": best / statistics.median(at_once)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--mirrortune", type=pathlib.Path, default=ROOT / "build/release/mirrortune")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    result = {}
    with tempfile.TemporaryDirectory(dir=".") as temporary:
        bench = Bench(pathlib.Path(temporary), args.mirrortune.resolve())
        for measure in (resume, side_by_side, overhead, checkpoint):
            result[measure.__name__] = measure(bench, args.rounds)
            print(measure.__name__, json.dumps(result[measure.__name__]), flush=True)
    args.output.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
