"""full-disk: the output root is a small tmpfs, of even sizes up to that which a run needs, or is filled to the brim after a
system call; later it has room again."""

import collections

from survival.disks import Memory
from survival.promises import CALLS, broken_records
from survival.stopped_run import moments, stopped_after
from survival.world import FAILED_WRITE, Call, World, spread_over_kinds

AMPLE = 64 << 20


class SmallDisk(collections.namedtuple("SmallDisk", "size")):
    def __str__(self):
        return f"a disk of {self.size} bytes"

    def check(self, world: World):
        world.clear()
        with Memory(world.output_root, self.size) as disk:
            yield check_end(world, disk, world.run(world.strace(CALLS)))


class FilledDisk(collections.namedtuple("FilledDisk", "call")):
    call: Call

    def __str__(self):
        return f"the disk is filled at {self.call.name} {self.call.number}"

    def check(self, world: World):
        world.clear()
        with Memory(world.output_root, AMPLE) as disk:
            with stopped_after(world, self.call) as run:
                disk.fill()
                ended = run.go_on()
            disk.drain()
            yield check_end(world, disk, ended)


def check_end(world: World, disk: Memory, ended) -> tuple:
    broken = world.broken_failure(ended, FAILED_WRITE) + broken_records(world) + world.broken_checkpoints()
    left = [path for path in world.run_folder.rglob(".*") if path.name != ".lock"]
    broken += [f"{path.relative_to(world.run_folder)} was left" for path in left]
    disk.resize(AMPLE)
    return f"ended with {ended.returncode}", broken + world.broken_finish()


def full_disk_points(world: World, count: int, _random) -> list:
    sizes = count // 2
    needed = world.bytes * 5 // 4  # with checkpoints
    return ([SmallDisk((i + 1) * needed // sizes) for i in range(sizes)] +
            [FilledDisk(call) for call in spread_over_kinds(moments(world), count - sizes)])
