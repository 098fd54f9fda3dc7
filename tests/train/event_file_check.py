"""TensorBoard reads what the writer of event files wrote, to the digit, and notices every changed byte.

Usage: event_file_check.py MAKE_EVENT_FILE
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

WEIGHTS = np.array([-1, -0.5, 0.25, 0.25, 1e-30, 3], np.float32).astype(float)
STEPS = [0, 10**12, 2 * 10**12]
TIMES = [1.7e9, 1.7e9 + 0.125, 1.7e9 + 0.25]


def load(file: pathlib.Path) -> EventAccumulator:
    events = EventAccumulator(str(file), size_guidance={"scalars": 0, "histograms": 0})
    events.Reload()
    return events


def series(file: pathlib.Path) -> dict:
    """All that is read, by kind and tag; nothing if the reader gives up at once."""
    try:
        events = load(file)
        tags = events.Tags()
    except Exception:  # whatever it says of a damaged file
        return {}
    return {("scalar", tag): events.Scalars(tag) for tag in tags["scalars"]} | {
        ("histogram", tag): events.Histograms(tag) for tag in tags["histograms"]}


def check_scalars(events: EventAccumulator) -> None:
    assert sorted(events.Tags()["scalars"]) == ["poids/φ", "train/loss"], events.Tags()
    for tag, values in {"train/loss": [np.float32(0.1) * np.float32(i) for i in range(3)],
                        "poids/φ": [np.float32(-1e-38)] * 3}.items():
        read = events.Scalars(tag)
        assert [s.step for s in read] == STEPS, read
        assert [s.wall_time for s in read] == TIMES, read
        assert [s.value for s in read] == [float(v) for v in values], read


def check_histograms(events: EventAccumulator) -> None:
    assert sorted(events.Tags()["histograms"]) == ["weights/conv1", "weights/equal", "weights/none"], events.Tags()
    assert [h.step for h in events.Histograms("weights/conv1")] == STEPS
    conv = events.Histograms("weights/conv1")[2].histogram_value
    counts, edges = np.histogram(WEIGHTS, bins=64)
    assert list(conv.bucket) == list(counts), conv
    assert np.allclose(conv.bucket_limit, edges[1:], rtol=1e-15, atol=1e-15), conv
    squares = 0.0
    for weight in WEIGHTS:
        squares += weight * weight
    assert (conv.min, conv.max, conv.num, conv.sum, conv.sum_squares) == (-1, 3, 6, 2.0, squares), conv
    equal = events.Histograms("weights/equal")[0].histogram_value
    assert (list(equal.bucket_limit), list(equal.bucket), equal.num, equal.sum) == ([2], [3], 3, 6), equal
    none = events.Histograms("weights/none")[0].histogram_value
    assert (list(none.bucket_limit), list(none.bucket), none.num) == ([0], [0], 0), none


def check_damage(file: pathlib.Path) -> None:
    """A flipped bit anywhere: the reader stops there, and no number that it gives is another one."""
    whole = series(file)
    written = file.read_bytes()
    damaged = file.with_name("damaged.tfevents")
    last = len(written) - 40  # the last record says nothing
    for place in [*range(200), *range(200, last, 41), *range(last - 60, last)]:
        changed = bytearray(written)
        changed[place] ^= 0x10
        damaged.write_bytes(changed)
        read = series(damaged)
        assert sum(map(len, read.values())) < sum(map(len, whole.values())), f"byte {place}: nothing was noticed"
        for tag, values in read.items():
            assert values == whole[tag][:len(values)], f"byte {place}: another number was read"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "events.out.tfevents.1"
        subprocess.run([sys.argv[1], str(file)], check=True)
        events = load(file)
        assert events.FirstEventTimestamp() == TIMES[0]
        check_scalars(events)
        check_histograms(events)
        check_damage(file)
    print("event file: scalars, histograms and checksums as TensorBoard reads them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
