"""states: the process dies after a system call, as in kill, but at many points for the time of one.

A run is stopped after many calls in turn; what is in the run directory then is what its death would leave. The command runs on
a copy of that, in the place of the stopped run's own directory, which is put back before it goes on."""

import collections
import contextlib
import shutil

from survival.stopped_run import MOMENTS, StoppedRun
from survival.world import World

CHANGES = MOMENTS - {"fsync"} | {"fchmod", "ftruncate", "pwrite64"}  # fchmod follows the creation of a file
PASSES = 8  # of runs that stop at other calls


class States(collections.namedtuple("States", "injects")):
    def __str__(self):
        return "a run that died"

    def check(self, world: World):
        world.clear()
        seen = {}
        with StoppedRun(world, {inject.split(":")[0] for inject in self.injects}, *self.injects) as run:
            while run.pid:
                state = files_of(world)
                if state != seen:
                    with copied(world):
                        broken = world.broken_checkpoints() + world.broken_finish()
                    yield "dead", [f"{run.last_call()}: {line}" for line in broken]
                seen = state
                run.go_on_to_next_stop()


def files_of(world: World) -> dict:
    return {path: (path.stat().st_ino, path.stat().st_size, path.stat().st_mtime_ns) for path in world.run_folder.rglob("*")}


@contextlib.contextmanager
def copied(world: World):
    """A copy stands where the files of the stopped run were."""
    live = world.folder / "live"
    world.output_root.rename(live)
    try:
        shutil.copytree(live, world.output_root)
        yield
    finally:
        shutil.rmtree(world.output_root, ignore_errors=True)
        live.rename(world.output_root)


def state_points(world: World, count: int, _random) -> list:
    """Passes that stop at every call of a kind, or at every n-th so that each kind has its even share."""
    kinds = collections.Counter(call.name for call in world.calls if call.name in CHANGES)
    last = {call.name: call.number for call in world.calls}
    steps = {}
    for left, name in zip(range(len(kinds), 0, -1), sorted(kinds, key=kinds.get)):
        share = count // left
        steps[name] = -(-kinds[name] // share) if share else last[name]
        count -= min(share, kinds[name])
    passes = [[f"{name}:signal=STOP:when={1 + steps[name] * i}+{steps[name] * PASSES}" for name in sorted(kinds)
               if 1 + steps[name] * i <= last[name]] for i in range(PASSES)]
    return [States(injects) for injects in passes if injects]
