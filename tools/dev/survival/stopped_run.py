"""A run that is stopped right after a system call, so that something can be done to its disk at a known moment."""

import os
import re
import signal
import time

from survival.promises import CALLS
from survival.world import Call, World

MOMENTS = {"write", "fsync", "rename", "mkdir", "unlink", "unlinkat", "rmdir"}  # after which the disk is disturbed


class StoppedRun:
    """Stopped after each call that the injections of a SIGSTOP choose; `pid` is none once it has ended. Raises RuntimeError if
    it ends before the first of them."""

    def __init__(self, world: World, calls: set, *injects: str):
        self.world = world
        self.stops = 0
        world.log.unlink(missing_ok=True)
        self.process = world.start(world.strace({*CALLS, *calls}, *injects))
        self.pid = self.wait()
        if not self.pid:
            raise RuntimeError(f"the run ended before the call: {' '.join(injects)}")

    def wait(self):
        """The process at its next stop."""
        while self.process.poll() is None:
            log = self.world.log.read_text(errors="replace") if self.world.log.exists() else ""
            stops = re.findall(r"^(\d+) +--- stopped by SIGSTOP", log, re.MULTILINE)
            if len(stops) > self.stops:
                self.stops += 1
                return int(stops[-1])
            time.sleep(0.02)
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def last_call(self) -> str:
        """As strace shows it."""
        lines = [line for line in self.world.log.read_text(errors="replace").splitlines() if "---" not in line]
        return lines[-1].split(None, 1)[1]

    def send(self, number: int) -> None:
        if self.pid and self.process.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.world.end(self.process)

    def go_on_to_next_stop(self) -> None:
        self.send(signal.SIGCONT)
        self.pid = self.wait()

    def go_on(self):
        self.send(signal.SIGCONT)
        return self.world.end(self.process)


def stopped_after(world: World, call: Call):
    return StoppedRun(world, {call.name}, f"{call.name}:signal=STOP:when={call.number}")


def moments(world: World) -> list:
    return [call for call in world.calls if call.name in MOMENTS]
