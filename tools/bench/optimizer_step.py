#!/usr/bin/env python3
"""One step of mirror descent on ResNet-18's 62 tensors: ours, LibTorch's fused SGD and the published Python optimiser, in turns.

float32, momentum 0.9, gradients that are there already. Prints JSON: for each potential the medians over the rounds of the
contenders' milliseconds per step, and the medians over the rounds of ours / fused SGD and of Python's / ours; then the same
step on tensors far larger than the caches, as part of the speed of a copy (bytes moved per second, each read and written
byte once).

  tools/bench/optimizer_step.py [--rounds 7] [--output optimizer_step.json]
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
PUBLISHED = ["2-norm", "3-norm", "1.5-norm", "1.7-norm", "negative_entropy"]
OTHERS = ["l2_plus_3norm(a=1,b=10)", "log_linear(delta=0.01)", "hypentropy(beta=0.01)", "2.5-norm"]
LARGE = [potential for potential in PUBLISHED + OTHERS if potential not in ("1.7-norm", "2.5-norm")]
WARM_UP_STEPS = 3


def resnet18_shapes() -> list[tuple]:
    """Convolutions, each with the scale and shift of its normalisation, and the head."""
    convolutions, inputs = [(64, 3, 7, 7)], 64
    for outputs in (64, 128, 256, 512):
        for block_inputs in (inputs, outputs):
            convolutions += [(outputs, block_inputs, 3, 3), (outputs, outputs, 3, 3)]
            if block_inputs != outputs:
                convolutions.append((outputs, block_inputs, 1, 1))
        inputs = outputs
    return [shape for c in convolutions for shape in (c, c[:1], c[:1])] + [(1000, 512), (1000,)]


def step_in_python(potential: str, threads: int, steps: int) -> float:
    """Milliseconds per step of the published optimiser."""
    import torch
    from published import PublishedMirrorDescent

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    parameters = [torch.randn(shape).mul(0.05).requires_grad_() for shape in resnet18_shapes()]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) * 1e-3
    optimizer = PublishedMirrorDescent(parameters, 1e-5, potential)
    for _ in range(WARM_UP_STEPS):
        optimizer.step()
    start = time.perf_counter()
    for _ in range(steps):
        optimizer.step()
    return (time.perf_counter() - start) / steps * 1000


def measured(program: pathlib.Path, name: str, threads: int, seconds: float) -> dict:
    """One benchmark of ours, run by google-benchmark for about as long."""
    pattern = re.sub(r"([.()])", r"[\1]", name)
    command = [program, f"--benchmark_filter=^{pattern}/threads:{threads}/", "--benchmark_format=json",
               f"--benchmark_min_time={seconds}"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    (one,) = result["benchmarks"]
    return one


def milliseconds(benchmark: dict) -> float:
    if benchmark["tensors"] != len(resnet18_shapes()):
        raise SystemExit("the two programs step different tensors")
    return benchmark["real_time"] * {"ns": 1e-6, "us": 1e-3, "ms": 1.0}[benchmark["time_unit"]]


def compare(potential: str, args: argparse.Namespace) -> dict:
    rounds = []
    for _ in range(args.rounds):
        ours = milliseconds(measured(args.ours, f"step/{potential}", args.threads, 0.3))
        sgd = milliseconds(measured(args.ours, "step/fused_sgd", args.threads, 0.3))
        python = step_in_python(potential, args.threads, args.steps) if potential in PUBLISHED else None
        rounds.append((ours, sgd, python))
    result = {
        "mirrortune_ms": statistics.median(ours for ours, _, _ in rounds),
        "fused_sgd_ms": statistics.median(sgd for _, sgd, _ in rounds),
        "of_fused_sgd": statistics.median(ours / sgd for ours, sgd, _ in rounds),
    }
    if potential in PUBLISHED:
        result["published_ms"] = statistics.median(python for _, _, python in rounds)
        result["published_over_mirrortune"] = statistics.median(python / ours for ours, _, python in rounds)
    return result


def share_of_copy(potential: str, args: argparse.Namespace) -> float:
    shares = []
    for _ in range(args.rounds):
        step = measured(args.ours, f"large/{potential}", args.threads, 0.5)["bytes_per_second"]
        shares.append(step / measured(args.ours, "copy", args.threads, 0.5)["bytes_per_second"])
    return statistics.median(shares)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/bin/bench_optimizer_step")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10, help="steps of the Python optimiser per round")
    parser.add_argument("--threads", type=int, choices=[1, 2], default=2)
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    result = {
        "tensors": len(resnet18_shapes()),
        "threads": args.threads,
        "rounds": args.rounds,
        "potentials": {potential: compare(potential, args) for potential in PUBLISHED + OTHERS},
        "large_tensors_of_copy": {potential: share_of_copy(potential, args) for potential in LARGE},
    }
    text = json.dumps(result, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
