"""The output root is an ext4 that takes nothing more after a system call, and is repaired and mounted again later.

read-only: it becomes read-only, and the program ends with an exit code of a failed write and names a file; power-cut: the
process dies with it. What was synced is there afterwards."""

import collections

from survival.disks import Ext4
from survival.promises import broken_promises, broken_records, promised
from survival.stopped_run import moments, stopped_after
from survival.world import FAILED_WRITE, World, spread_over_kinds


class ReadOnly(collections.namedtuple("ReadOnly", "call")):
    def __str__(self):
        return f"read-only at {self.call.name} {self.call.number}"

    def check(self, world: World):
        world.clear()
        with Ext4(world.output_root) as disk:
            with stopped_after(world, self.call) as run:
                kept = promised(world)
                disk.make_read_only()
                ended = run.go_on()
            broken = world.broken_failure(ended, FAILED_WRITE) + broken_records(world)
            disk.mount_again()
            broken += broken_promises(kept) + world.broken_checkpoints() + world.broken_finish()
        yield f"ended with {ended.returncode}", broken


class PowerCut(collections.namedtuple("PowerCut", "call")):
    def __str__(self):
        return f"power cut at {self.call.name} {self.call.number}"

    def check(self, world: World):
        world.clear()
        with Ext4(world.output_root) as disk:
            with stopped_after(world, self.call) as run:
                kept = promised(world)
                disk.cut_power()
            disk.mount_again()
            broken = broken_promises(kept) + world.broken_checkpoints() + world.broken_finish()
        yield "cut", broken


def read_only_points(world: World, count: int, _random) -> list:
    return [ReadOnly(call) for call in spread_over_kinds(moments(world), count)]


def power_cut_points(world: World, count: int, _random) -> list:
    return [PowerCut(call) for call in spread_over_kinds(moments(world), count)]
