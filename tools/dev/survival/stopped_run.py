"""A run that is stopped right after a system call, so that something can be done to its disk at a known moment."""

import os
import pathlib
import re
import signal
import time

from survival.world import Call, World, sha256

MOMENTS = {"write", "fsync", "rename", "mkdir", "unlink", "unlinkat", "rmdir"}  # after which the disk is disturbed


def moments(world: World) -> list:
    return [call for call in world.calls if call.name in MOMENTS]


class StoppedRun:
    def __init__(self, world: World, call: Call):
        self.world = world
        world.log.unlink(missing_ok=True)
        inject = f"{call.name}:signal=STOP:when={call.number}"
        self.process = world.start(world.strace({"rename", "fsync", call.name}, inject))
        self.pid = self.wait()

    def wait(self):
        """The process once it is stopped; none if it ended before."""
        while self.process.poll() is None:
            log = self.world.log.read_text(errors="replace") if self.world.log.exists() else ""
            if found := re.search(r"^(\d+) +--- stopped by SIGSTOP", log, re.MULTILINE):
                return int(found[1])
            time.sleep(0.02)
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def send(self, number: int) -> None:
        if self.pid and self.process.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.world.end(self.process)

    def go_on(self):
        self.send(signal.SIGCONT)
        return self.world.end(self.process)

    def promised(self) -> dict:
        """The files that a power cut must not touch: moved to where they are, and that synced."""
        synced, moved = set(), set()
        for line in self.world.log.read_text(errors="replace").splitlines():
            if found := re.search(r'rename\("[^"]*", "([^"]*)"\) += 0', line):
                moved.add(pathlib.Path(found[1]))
                synced.discard(pathlib.Path(found[1]))
            elif found := re.search(r"fsync\(\d+<([^>]*)>\) += 0", line):
                now = {path for path in moved if path.parent == pathlib.Path(found[1])}
                synced, moved = synced | now, moved - now
        files = [file for path in synced for file in ([path] if path.is_file() else path.rglob("*"))]
        return {path: sha256(path) for path in files}


def broken_promises(promised: dict) -> list:
    return [f"{path.name} was lost" for path, content in promised.items() if not path.exists() or sha256(path) != content]
