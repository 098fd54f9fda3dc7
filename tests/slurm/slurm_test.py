"""`mirrortune sweep submit` on a real Slurm that this test starts: whatever comes between, the files are those of a local run.

Usage: slurm_test.py MIRRORTUNE. Exit code 77 (skipped) where Slurm is not installed or may not be started.
"""

import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

from cluster import Cluster, is_installed, wait_until

MIRRORTUNE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "mirrortune").resolve()
SKIPPED = 77
# Seconds for whatever is waited for; a busy machine needs most of them for the start of a program.
PATIENCE = 300

EXPERIMENT = """\
schema_version: 1
name: {name}
grid: {{model: [shufflenet_v2_x0_5], potential: [{potentials}]}}
seeds: {{count: {seeds}}}
model: {{weights: none, classes: 16}}
data: {{root: ../images, resolution: 32, crop_ratio: 1.0, holdout: 4, subset: {{count: 32}}}}
train: {{epochs: {epochs}, batch_size: 16}}
lr: {lr}
analysis: {{potentials: [2-norm]}}
runtime: {{checkpoint_every_epochs: 5}}
"""

# A training that lasts long enough to be met in the middle.
LONG = 60
FIXED = "{fixed: 0.01, target_accuracy: 0}"


# What local runs gave, by their settings.
LOCAL_RUNS: dict[str, dict] = {}


def without_seconds(path: pathlib.Path) -> list:
    with path.open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def content(path: pathlib.Path):
    """What two runs of one experiment have in common in a file: all but the seconds."""
    if path.name in ("metrics.csv", "index.csv"):
        return without_seconds(path)
    if path.name == "trial.json":
        return {**json.loads(path.read_text()), "seconds": 0}
    if path.name == "log.txt":
        return re.sub(r"[0-9.]+ s\b", "… s", path.read_text())
    return path.read_bytes()


def contents(run: pathlib.Path) -> dict:
    """The files of a run directory but for those that name the machine, the place or the jobs."""
    left_out = {"manifest.json", "config.yaml", "report/index.html", ".lock"}
    names = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    return {name: content(path) for name, path in names.items()
            if name not in left_out and not name.startswith("slurm/")}


class Sweep:
    """One experiment: submitted to the cluster, and run locally to compare with."""

    def __init__(self, test: unittest.TestCase | None, cluster: Cluster, folder: pathlib.Path, **settings):
        self.test, self.cluster, self.folder = test, cluster, folder
        self.name = folder.name.split()[0]
        self.settings = settings
        folder.mkdir()
        settings = {"name": self.name, "potentials": "2-norm", "seeds": 1, "epochs": LONG, "lr": FIXED, **settings}
        (folder / "exp.yaml").write_text(EXPERIMENT.format(**settings))
        self.run = folder / "runs" / self.name

    def mirrortune(self, *words, code: int = 0) -> subprocess.CompletedProcess:
        done = self.cluster.run(MIRRORTUNE, *words, cwd=self.folder)
        if done.returncode != code:
            raise AssertionError(f"{words} ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}{self.logs()}")
        return done

    def submit(self, *more, code: int = 0, **slurm) -> dict:
        asked = {"schema_version": 1, "partition": "main", "signal_seconds_before_end": 15, **slurm}
        (self.folder / "slurm.yaml").write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in asked.items()))
        done = self.mirrortune("--json", "sweep", "submit", "-c", "exp.yaml", "--slurm", "slurm.yaml", *more, code=code)
        return json.loads(done.stdout)

    def ids(self) -> list[str]:
        return [str(job["id"]) for job in json.loads((self.run / "slurm/jobs.json").read_text())["jobs"]]

    def queued(self) -> bool:
        return bool(set(self.cluster.output("squeue", "-h", "-o", "%F").split()) & set(self.ids()))

    def wait(self):
        """Until Slurm has done with all jobs."""
        try:
            wait_until(lambda: not self.queued(), PATIENCE, f"the jobs of {self.name}")
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.cluster.output('squeue')}{self.logs()}") from error

    def states(self) -> list[str]:
        done = self.mirrortune("--json", "sweep", "status", "-c", "exp.yaml")
        return [trial["state"] for trial in json.loads(done.stdout)["trials"]]

    def logs(self, pattern: str = "*") -> str:
        return "".join(f"\n--- {path.name}\n{path.read_text()}" for path in sorted(self.run.glob(f"slurm/log/{pattern}.log")))

    def program(self) -> int | None:
        """The process that trains, once a trial has begun."""
        if not any(self.run.glob("cells/*/seed-*/init.safetensors")):
            return None
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (str(self.run) in (process / "cmdline").read_text()
                        and os.readlink(process / "exe").endswith("mirrortune-train")):
                    return int(process.name)
            except OSError:
                continue
        return None

    def hold(self) -> int:
        """Stops the training process for a while, so that what happens to it happens in the middle of a trial."""
        process = wait_until(self.program, PATIENCE, f"a trial of {self.name}")
        os.kill(process, signal.SIGSTOP)
        return process

    def check_equal_to_a_local_run(self):
        key = json.dumps(self.settings)
        if key not in LOCAL_RUNS:
            self.mirrortune("run", "-q", "-c", "exp.yaml", "--out", "local", "--threads", "1")
            LOCAL_RUNS[key] = contents(self.folder / "local")
        here, there = contents(self.run), LOCAL_RUNS[key]
        self.test.assertEqual(sorted(here), sorted(there))
        self.test.assertEqual([name for name in here if here[name] != there[name]], [])


def let_go(process: int):
    try:
        os.kill(process, signal.SIGCONT)
    except ProcessLookupError:
        pass


def has_pending(process: int, number: int) -> bool:
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    [mask] = re.findall(r"^ShdPnd:\s*(\w+)", status, re.M)
    return bool(int(mask, 16) >> (number - 1) & 1)


def let_go_on(process: int, number: int):
    """Lets a process that is held go once a signal has come for it."""
    wait_until(lambda: has_pending(process, number), PATIENCE, f"signal {number}")
    let_go(process)


class SlurmSweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        subprocess.run([MIRRORTUNE, "-q", "data", "synth", "--out", cls.root / "images", "--count", "64", "--seed", "1"],
                       check=True, stdout=subprocess.DEVNULL)
        cls.cluster = Cluster(cls.root / "slurm")
        cls.addClassCleanup(cls.cluster.stop)
        # Begins here: its time is up while the other tests go on.
        cls.limited = Sweep(None, cls.cluster, cls.root / "limited")
        cls.limited.submit(time="2")
        held = cls.limited.hold()
        cls.signalled = threading.Thread(target=let_go_on, args=(held, signal.SIGUSR1), daemon=True)
        cls.signalled.start()

    def sweep(self, folder: str, **settings) -> Sweep:
        return Sweep(self, self.cluster, self.root / folder, **settings)

    def test_searches_then_trials_then_collect_in_chunks(self):
        sweep = self.sweep("whole it's \"50%\" x", potentials="negative_entropy, 2-norm", seeds=2, epochs=2,
                           lr="{search: [0.001, 0.01], target_accuracy: 0}")
        jobs = sweep.submit(max_array_size=1, setup=["echo set up"])["jobs"]
        self.assertEqual([job["name"] for job in jobs],
                         ["search-1", "search-2", "seed-00-1", "seed-01-1", "seed-00-2", "seed-01-2", "collect"])
        self.assertEqual([job["tasks"] for job in jobs], [1] * 7)
        sweep.submit(code=76)
        sweep.wait()
        self.assertEqual(sweep.states(), ["done"] * 4, sweep.logs())
        self.assertTrue((sweep.run / "report/index.html").exists())
        self.assertIn("set up\n", sweep.logs("seed-01-2-*"))
        self.assertNotIn("learning rate 0.001", sweep.logs("seed-*"), "the trials searched nothing")
        self.assertEqual(sweep.submit()["jobs"], [])
        sweep.check_equal_to_a_local_run()

    def test_a_time_limit_is_a_stop_on_the_way(self):
        sweep = self.limited
        sweep.test = self
        self.signalled.join(PATIENCE)
        sweep.wait()
        self.assertIn("back into the queue (1 of at most", sweep.logs("trials-*"))
        self.assertEqual(sweep.states(), ["done"], sweep.logs())
        sweep.check_equal_to_a_local_run()

    def test_a_requeue_by_hand_is_a_stop_on_the_way(self):
        sweep = self.sweep("requeued")
        sweep.submit()
        process = sweep.hold()
        self.cluster.run("scontrol", "requeue", f"{sweep.ids()[0]}_0", check=True)
        let_go(process)
        sweep.wait()
        self.assertIn("stopped on request", sweep.logs("trials-*"))
        self.assertNotIn("back into the queue", sweep.logs("trials-*"))
        self.assertEqual(sweep.states(), ["done"], sweep.logs())
        sweep.check_equal_to_a_local_run()

    def test_what_was_cancelled_goes_on_when_it_is_submitted_again(self):
        sweep = self.sweep("cancelled")
        sweep.submit()
        process = sweep.hold()
        self.cluster.run("scancel", *sweep.ids(), check=True)
        let_go(process)
        sweep.wait()
        self.assertEqual(sweep.states(), ["pending"], sweep.logs())
        self.assertTrue(any(sweep.run.glob("cells/*/seed-00/checkpoint/step-*")))
        sweep.submit()
        sweep.wait()
        self.assertEqual(sweep.states(), ["done"], sweep.logs())
        sweep.check_equal_to_a_local_run()

    def test_requeues_are_bounded(self):
        sweep = self.sweep("bounded")
        sweep.submit(max_requeues=1)
        for _ in range(2):
            process = sweep.hold()
            self.cluster.run("scancel", "--batch", "--signal=USR1", f"{sweep.ids()[0]}_0", check=True)
            let_go_on(process, signal.SIGUSR1)
            wait_until(lambda: not pathlib.Path(f"/proc/{process}").exists(), PATIENCE, "the end of the task")
        sweep.wait()
        self.assertIn("not requeued, that was done 1 times already", sweep.logs("trials-*"))
        self.assertIn("1 of 1 trials are left", sweep.logs("collect-*"))
        self.assertEqual(sweep.states(), ["pending"])

    def test_a_drained_node_ends_what_it_has_and_the_rest_waits(self):
        sweep = self.sweep("drained", seeds=2)
        node = f"NodeName={self.cluster.host}"
        sweep.submit(max_running=1)
        process = sweep.hold()
        self.cluster.run("scontrol", "update", node, "State=DRAIN", "Reason=test", check=True)
        try:
            let_go(process)
            wait_until(lambda: sorted(sweep.states()) == ["done", "pending"], PATIENCE, "the first trial")
            wait_until(lambda: "DRAINED" in self.cluster.output("squeue", "-h", "-o", "%F %R"), PATIENCE, "the reason to wait")
            self.assertTrue(sweep.queued())
        finally:
            self.cluster.run("scontrol", "update", node, "State=RESUME", check=True)
        sweep.wait()
        self.assertEqual(sweep.states(), ["done"] * 2, sweep.logs())
        sweep.check_equal_to_a_local_run()

    def test_trials_whose_search_fails_leave_the_queue(self):
        sweep = self.sweep("failed", lr="{search: [0.001, 0.01]}", seeds=2)
        (sweep.folder / "exp.yaml").write_text((sweep.folder / "exp.yaml").read_text().replace("../images", "nowhere"))
        sweep.submit()
        sweep.wait()
        self.assertIn("nowhere", sweep.logs("search-*"))
        self.assertEqual(sweep.logs("seed-*"), "")
        self.assertNotEqual(sweep.logs("collect-*"), "", "it comes whatever became of the others")
        self.assertEqual(sweep.states(), ["pending"] * 2)

    def test_print_submits_nothing(self):
        sweep = self.sweep("printed")
        printed = sweep.submit("--print")
        self.assertEqual([job["id"] for job in printed["jobs"]], [None, None])
        self.assertFalse(sweep.run.exists())
        script = printed["jobs"][0]["script"]
        done = self.cluster.run("sbatch", "--test-only", input=script)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_slurm_refuses_is_told_and_nothing_stays(self):
        sweep = self.sweep("refused")
        told = sweep.submit(partition="nosuch", code=69)
        self.assertIn("nosuch", json.dumps(told) + sweep.logs())
        self.assertEqual(sweep.ids(), [])


def main() -> int:
    if not is_installed():
        print("SKIPPED: slurmctld, slurmd, sbatch or munged is not installed (packages slurm-wlm and munge)", file=sys.stderr)
        return SKIPPED
    if os.getuid() != 0:
        print("SKIPPED: only root can start a Slurm of its own", file=sys.stderr)
        return SKIPPED
    result = unittest.main(argv=[sys.argv[0], *sys.argv[2:]], exit=False, verbosity=2).result
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
