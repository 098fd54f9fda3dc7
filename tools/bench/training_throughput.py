#!/usr/bin/env python3
"""Training throughput, ours against PyTorch's Python, in turns on one machine.

Steps on one made-up batch: ours as `mirrortune run` takes them, from bytes that are normalised anew in each step, with mirror
descent (2-norm); and the plain networks of published.py with torch.optim.SGD in both memory layouts, from floats that are
ready. `elman_rnn_h1000` (with --resolution 28) reads rows, in PyTorch by nn.RNN. On a GPU (--device cuda) both choose the fastest
of cuDNN's algorithms; fp16 is autocast with a loss scaler. Prints JSON, for each network, resolution and batch: the medians
over the rounds of each contender, and the median over the rounds of ours / the better of PyTorch's two.
`processor_ms_per_image` is the processor time of all threads and tells the same on a machine that others use too.

  tools/bench/training_throughput.py [--rounds 3] [--output training_throughput.json]
"""

import argparse
import itertools
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
WARM_UP_STEPS = 4
STEPS_PER_WAIT = {"cpu": 1, "cuda": 20}
NETWORKS = {"shufflenet_v2_x0_5": "ShuffleNetV2", "resnet18": "ResNet18", "elman_rnn_h1000": "ElmanRNN"}


def train_in_pytorch(args: argparse.Namespace, layout: str) -> dict:
    import published
    import torch

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    device = torch.device(args.device)
    network = getattr(published, NETWORKS[args.network[0]])(200).to(device).train()
    batch, resolution = args.batch[0], args.resolution[0]
    shape = (resolution, 28) if args.network[0].startswith("elman_rnn") else (3, resolution, resolution)
    images = torch.randn(batch, *shape, device=device)
    if layout == "channels_last" and images.dim() == 4:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(200, (batch,), device=device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    half = args.precision == "fp16"
    scaler = torch.amp.GradScaler(device.type, enabled=half)

    def step():
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.float16, enabled=half):
            loss = torch.nn.functional.cross_entropy(network(images), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(WARM_UP_STEPS):
        step()
    wait()
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    count = 0
    while count == 0 or time.perf_counter() - start < args.seconds:
        for _ in range(STEPS_PER_WAIT[device.type]):
            step()
            count += batch
        wait()
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"images_per_second": count / seconds, "processor_ms_per_image": 1000 * processor / count,
            "peak_mib": after.ru_maxrss / 1024}


def measure(command: list) -> dict:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def summary(rounds: list[dict]) -> dict:
    contenders = {name: {key: statistics.median(r[name][key] for r in rounds) for key in rounds[0][name]} for name in rounds[0]}

    def ratio(key, best):
        return statistics.median(r["mirrortune"][key] / best(r["pytorch_nchw"][key], r["pytorch_channels_last"][key])
                                 for r in rounds)

    return {"throughput_ratio": ratio("images_per_second", max), "processor_time_ratio": ratio("processor_ms_per_image", min),
            "peak_memory_ratio": ratio("peak_mib", min), "contenders": contenders}


def compare(network: str, resolution: int, batch: int, args: argparse.Namespace) -> dict:
    case = ["--network", network, "--resolution", str(resolution), "--batch", str(batch), "--threads", str(args.threads),
            "--seconds", str(args.seconds), "--device", args.device, "--precision", args.precision]
    commands = {"mirrortune": [args.ours, *case]} | {
        f"pytorch_{layout}": [sys.executable, __file__, *case, "--pytorch", layout] for layout in ("nchw", "channels_last")}
    rounds = [{name: measure(command) for name, command in commands.items()} for _ in range(args.rounds)]
    return {"network": network, "resolution": resolution, "batch": batch, "rounds": args.rounds} | summary(rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/bin/bench_training_throughput")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="how long each contender steps in each round")
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=["shufflenet_v2_x0_5", "resnet18"])
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--resolution", type=int, nargs="+", default=[64, 224])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=STEPS_PER_WAIT, default="cpu")
    parser.add_argument("--precision", choices=["fp32", "fp16"], default="fp32")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--pytorch", choices=["nchw", "channels_last"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.pytorch:
        print(json.dumps(train_in_pytorch(args, args.pytorch)))
        return 0
    cases = [compare(*case, args) for case in itertools.product(args.network, args.resolution, args.batch)]
    text = json.dumps({"device": args.device, "precision": args.precision, "threads": args.threads, "cases": cases}, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
