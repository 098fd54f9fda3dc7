#!/usr/bin/env python3
"""A run that is disturbed at any moment must end in the same files after the same command.

A small experiment (a learning-rate search, two trials, checkpoints, snapshots, analysis, report) is disturbed at many points:

  kill       the process dies (SIGKILL) at a system call that touches its run directory
  states     the same, but many points for the time of one: a run is stopped after each of many calls, and the command runs on
             a copy of what it left
  fail       such a call fails, with each of EIO, ENOSPC, EDQUOT, EROFS, EMFILE; the program must end with an exit code of a
             failed write or read and name a file of the run directory, or do without the call
  full-disk  the disk is too small, or is filled by others after such a call; the program ends as above; then there is room
  read-only  the disk becomes read-only after such a call; the program ends as above; then it can be written to again
  power-cut  nothing more reaches the disk after such a call, and the process dies; what was synced before is there afterwards
  signals    SIGINT, SIGTERM, SIGUSR1, SIGUSR2 at random moments: exit code 75 within 20 s, and at once after a second signal

and the same command, run again, must end with exit code 0 and every file as in an undisturbed run but for times; a trial that
was recorded before is not touched, and every checkpoint that can be seen is whole. Prints one line per broken promise and a
summary of each mode; exit code 1 if a promise is broken, else 77 if a mode was left out for what this machine lacks.

  tools/dev/crash_check.py [--points 500] [--workers 2] [MODE]...
"""

import argparse
import collections
import concurrent.futures
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time

from survival import calls, disks, full_disk, lost_disk, signals, states
from survival.world import CONFIG, SMALL_CONFIG, World

ROOT = pathlib.Path(__file__).parents[2]
SKIPPED = 77
PROGRESS_EVERY = 25
MODES = {  # what it lacks here, its points
    "kill": (calls.left_out, calls.kill_points),
    "states": (calls.left_out, states.state_points),
    "fail": (calls.left_out, calls.fail_points),
    "full-disk": (disks.memory_left_out, full_disk.full_disk_points),
    "read-only": (disks.ext4_left_out, lost_disk.read_only_points),
    "power-cut": (disks.ext4_left_out, lost_disk.power_cut_points),
    "signals": (signals.left_out, signals.signal_points),
}


def check_all(worlds: list, points: list) -> tuple:
    """How often the disturbed runs ended in which way, and the broken promises; every world takes its share of the points."""
    outcomes, broken, stopped = collections.Counter(), [], threading.Event()

    def work(i: int) -> None:
        for point in points[i :: len(worlds)]:
            if stopped.is_set():
                return
            for outcome, lines in point.check(worlds[i]):
                outcomes[outcome] += 1
                if outcomes.total() % PROGRESS_EVERY == 0:
                    print(f"{outcomes.total()} points", file=sys.stderr, flush=True)
                for line in lines:
                    broken.append(f"{point}: {line}")
                    print(broken[-1], flush=True)

    with concurrent.futures.ThreadPoolExecutor(len(worlds)) as pool:
        try:
            list(pool.map(work, range(len(worlds))))
        finally:
            stopped.set()
    return outcomes, broken


def end_in_order(number: int, _frame) -> None:
    """Unmounts what is mounted, undisturbed by a second signal."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", metavar="MODE", help=f"{', '.join(MODES)} (default: all)")
    parser.add_argument("--points", type=int, default=500, help="disturbances of each mode, evenly over the run")
    parser.add_argument("--skip", type=int, default=0, help="so many of them, which an earlier start with this --seed has done")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the random moments, and of the order of the points")
    parser.add_argument("--small", action="store_true",
                        help="an experiment without search, snapshot and second trial: for --points as many as there are")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    args = parser.parse_args()
    if set(args.modes) - MODES.keys():
        parser.error(f"the modes are {', '.join(MODES)}")
    signal.signal(signal.SIGTERM, end_in_order)
    broken, skipped = [], False
    with tempfile.TemporaryDirectory() as folder:
        places = [pathlib.Path(folder) / str(i) for i in range(args.workers)]
        for place in places:
            place.mkdir()
        worlds = []
        for mode in args.modes or MODES:
            left_out, points_of = MODES[mode]
            if why := left_out(places[0]):
                print(f"{mode}: LEFT OUT, {why}", file=sys.stderr, flush=True)
                skipped = True
                continue
            config = SMALL_CONFIG if args.small else CONFIG
            worlds = worlds or [World(place, args.build.resolve(), config) for place in places]
            start = time.monotonic()
            chance = random.Random(args.seed)
            points = points_of(worlds[0], args.points, chance)
            chance.shuffle(points)
            points = points[args.skip:]
            outcomes, lines = check_all(worlds, points)
            broken += lines
            ends = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
            print(f"{mode}: {outcomes.total()} points of {len(worlds[0].calls)} calls, {len(lines)} promises broken, "
                  f"{time.monotonic() - start:.0f} s ({ends})", flush=True)
    return 1 if broken else SKIPPED if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
