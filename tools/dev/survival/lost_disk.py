"""The output root is an ext4 that takes nothing more after a system call, and is repaired and mounted again later.

read-only: it becomes read-only, and the program ends with an exit code of a failed write and names a file; power-cut: the
process dies with it. What was synced is there afterwards."""

import collections

from survival.disks import Ext4
from survival.stopped_run import StoppedRun, broken_promises, moments
from survival.world import FAILED_WRITE, World, spread_over_kinds


class ReadOnly(collections.namedtuple("ReadOnly", "call")):
    def __str__(self):
        return f"read-only at {self.call.name} {self.call.number}"

    def check(self, world: World) -> tuple:
        world.clear()
        with Ext4(world.output_root) as disk:
            with StoppedRun(world, self.call) as run:
                promised = run.promised()
                disk.make_read_only()
                ended = run.go_on()
            broken = world.broken_failure(ended, FAILED_WRITE)
            disk.mount_again()
            broken += broken_promises(promised) + world.broken_checkpoints() + world.broken_finish()
        return f"ended with {ended.returncode}", broken


class PowerCut(collections.namedtuple("PowerCut", "call")):
    def __str__(self):
        return f"power cut at {self.call.name} {self.call.number}"

    def check(self, world: World) -> tuple:
        world.clear()
        with Ext4(world.output_root) as disk:
            with StoppedRun(world, self.call) as run:
                promised = run.promised()
                disk.cut_power()
            disk.mount_again()
            broken = broken_promises(promised) + world.broken_checkpoints() + world.broken_finish()
        return "cut" if run.pid else "ended before", broken


def read_only_points(world: World, count: int, _random) -> list:
    return [ReadOnly(call) for call in spread_over_kinds(moments(world), count)]


def power_cut_points(world: World, count: int, _random) -> list:
    return [PowerCut(call) for call in spread_over_kinds(moments(world), count)]
