#!/usr/bin/env python3
"""Training throughput of ShuffleNetV2 x0.5 in float32, ours against PyTorch's Python, in turns on one machine.

Forward, backward and one optimiser step on one made-up batch: our network and mirror descent (2-norm), and the plain network
of published.py with torch.optim.SGD in both memory layouts. Prints JSON: the medians over the rounds of each contender, and
the median over the rounds of ours / the better of PyTorch's two. `processor_ms_per_image` is the processor time of all
threads and tells the same on a machine that others use too.

  tools/bench/training_throughput.py [--rounds 5] [--output training_throughput.json]
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
WARM_UP_STEPS = 3


def train_in_pytorch(args, layout: str) -> dict:
    import torch
    from published import ShuffleNetV2

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    network = ShuffleNetV2(200).train()
    images = torch.randn(args.batch, 3, args.resolution, args.resolution)
    if layout == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(200, (args.batch,))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(images), labels).backward()
            optimizer.step()

    run(WARM_UP_STEPS)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run(args.steps)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    count = args.steps * args.batch
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"images_per_second": count / seconds, "processor_ms_per_image": 1000 * processor / count,
            "peak_mib": after.ru_maxrss / 1024}


def shape(args) -> list[str]:
    return [text for name in ("steps", "batch", "resolution", "threads") for text in (f"--{name}", str(getattr(args, name)))]


def measure(command: list) -> dict:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def summary(rounds: list[dict]) -> dict:
    contenders = {name: {key: statistics.median(r[name][key] for r in rounds) for key in rounds[0][name]} for name in rounds[0]}

    def ratio(key, best):
        return statistics.median(r["mirrortune"][key] / best(r["pytorch_nchw"][key], r["pytorch_channels_last"][key])
                                 for r in rounds)

    return {"contenders": contenders, "throughput_ratio": ratio("images_per_second", max),
            "processor_time_ratio": ratio("processor_ms_per_image", min), "peak_memory_ratio": ratio("peak_mib", min)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/bin/bench_training_throughput")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--pytorch", choices=["nchw", "channels_last"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.pytorch:
        print(json.dumps(train_in_pytorch(args, args.pytorch)))
        return 0
    commands = {"mirrortune": [args.ours, *shape(args)]} | {
        f"pytorch_{layout}": [sys.executable, __file__, *shape(args), "--pytorch", layout] for layout in ("nchw", "channels_last")}
    rounds = [{name: measure(command) for name, command in commands.items()} for _ in range(args.rounds)]
    result = {"network": "shufflenet_v2_x0_5", "resolution": args.resolution, "batch": args.batch, "threads": args.threads,
              "steps": args.steps, "rounds": args.rounds} | summary(rounds)
    text = json.dumps(result, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
