"""signals: the program is asked to stop at a random moment, every other time twice.

The first signal ends it with 75 after a checkpoint, the second at once; before it handles signals it dies of them, with nothing
begun."""

import collections
import signal
import time

from survival.world import World

STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2]
STOPPED = 75
LIMIT_S = 20  # from the signal to the end


class Stop(collections.namedtuple("Stop", "delay_s signals gap_s")):
    def __str__(self):
        return f"{', '.join(signal.Signals(number).name for number in self.signals)} after {self.delay_s:.3f} s"

    def check(self, world: World):
        world.clear()
        process = world.start()
        time.sleep(self.delay_s)
        for number in self.signals:
            process.send_signal(number)
            time.sleep(self.gap_s)
        sent = time.monotonic()
        ended = world.end(process)
        took_s = time.monotonic() - sent
        broken = [] if took_s <= LIMIT_S else [f"ended {took_s:.0f} s after the signal"]
        allowed = {0, STOPPED}
        if not world.run_folder.exists():
            allowed |= {-number for number in self.signals}
        if len(self.signals) > 1:
            allowed |= {128 + number for number in self.signals}
        if ended.returncode not in allowed:
            broken.append(f"ended with {ended.returncode}: {ended.stderr.strip()}")
        yield f"ended with {ended.returncode}", broken + world.broken_checkpoints() + world.broken_finish()


def left_out(_folder) -> str:
    return ""


def signal_points(world: World, count: int, random) -> list:
    world.clear()
    start = time.monotonic()
    world.run()
    seconds = time.monotonic() - start
    points = []
    for i in range(count):
        signals = (random.choice(STOPS), random.choice(STOPS))[: 1 + i % 2]
        points.append(Stop(random.uniform(0, seconds), signals, random.uniform(0, 0.02) if i % 2 else 0))
    return points
