"""kill: the process dies at a system call; fail: the call fails, and the program ends with an exit code of a failed write (or
of a failed read, where the call opens a file for reading) and names a file of the run directory, or does without the call."""

import collections
import shutil
import signal

from survival.promises import CALLS, broken_records
from survival.world import FAILED_READ, FAILED_WRITE, World, spread_over_kinds

ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE"]


class Kill(collections.namedtuple("Kill", "call")):
    def __str__(self):
        return f"{self.call.name} {self.call.number} killed"

    def check(self, world: World):
        world.clear()
        killed = world.run(world.strace([self.call.name], f"{self.call.name}:signal=KILL:when={self.call.number}"))
        reached = [] if killed.returncode == -signal.SIGKILL else ["the call was not reached"]
        yield "killed", reached + world.broken_checkpoints() + world.broken_finish()


class Fail(collections.namedtuple("Fail", "call error")):
    def __str__(self):
        return f"{self.call.name} {self.call.number} {self.error}"

    def check(self, world: World):
        world.clear()
        inject = f"{self.call.name}:error={self.error}:when={self.call.number}"
        ended = world.run(world.strace({*CALLS, self.call.name}, inject))
        codes = FAILED_WRITE | (FAILED_READ if "O_RDONLY" in self.call.line else set())
        broken = world.broken_failure(ended, codes) + broken_records(world) + world.broken_checkpoints()
        if "(INJECTED)" not in world.log.read_text(errors="replace"):
            broken.append("the call was not reached")
        yield f"ended with {ended.returncode}", broken + world.broken_finish()


def left_out(_folder) -> str:
    return "" if shutil.which("strace") else "strace is not installed"


def kill_points(world: World, count: int, _random) -> list:
    return [Kill(call) for call in spread_over_kinds(world.calls, count)]


def fail_points(world: World, count: int, _random) -> list:
    pairs = [Fail(call, ERRORS[(call.number + i) % len(ERRORS)]) for call in world.calls for i in range(len(ERRORS))]
    return spread_over_kinds(pairs, count, lambda pair: pair.call)
