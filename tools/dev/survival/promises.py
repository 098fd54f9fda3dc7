"""What a run promised before it was disturbed: a file that was moved to where it is, and that synced, is kept."""

import pathlib
import re

from survival.world import World, sha256

CALLS = {"rename", "fsync"}  # which the log of the disturbed run must hold


def synced(world: World) -> set:
    """The files and folders that were moved to where they are, and that synced."""
    done, moved = set(), set()
    for line in world.log.read_text(errors="replace").splitlines():
        if found := re.search(r'rename\("[^"]*", "([^"]*)"\) += 0', line):
            moved.add(pathlib.Path(found[1]))
            done.discard(pathlib.Path(found[1]))
        elif found := re.search(r"fsync\(\d+<([^>]*)>\) += 0", line):
            now = {path for path in moved if path.parent == pathlib.Path(found[1])}
            done, moved = done | now, moved - now
    return done


def promised(world: World) -> dict:
    """The contents of the files that a power cut at this moment must not touch."""
    files = [file for path in synced(world) for file in ([path] if path.is_file() else path.rglob("*"))]
    return {path: sha256(path) for path in files}


def broken_promises(kept: dict) -> list:
    return [f"{path.name} was lost" for path, content in kept.items() if not path.exists() or sha256(path) != content]


def broken_records(world: World) -> list:
    """A trial that was recorded stays recorded, whatever fails afterwards."""
    return [f"{path.relative_to(world.run_folder)} was recorded and is gone"
            for path in synced(world) if path.name == "trial.json" and not path.exists()]
