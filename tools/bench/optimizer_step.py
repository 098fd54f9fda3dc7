#!/usr/bin/env python3
"""One step of mirror descent on ResNet-18's 62 tensors, ours against the published Python optimiser, in turns on one machine.

float32, momentum 0.9, gradients that are there already. Prints JSON: for each potential the medians over the rounds of
both contenders' milliseconds per step, and the median over the rounds of Python's / ours.

  tools/bench/optimizer_step.py [--rounds 7] [--output optimizer_step.json]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[2]
POTENTIALS = ["negative_entropy", "2-norm", "3-norm"]
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


def step_in_ours(program: pathlib.Path, potential: str, threads: int, seconds: float) -> float:
    """Milliseconds per step of ours, measured by google-benchmark for about as long."""
    command = [program, f"--benchmark_filter=^step/{potential}/threads:{threads}/", "--benchmark_format=json",
               f"--benchmark_min_time={seconds}"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    (measured,) = result["benchmarks"]
    if measured["tensors"] != len(resnet18_shapes()):
        raise SystemExit("the two programs step different tensors")
    return measured["real_time"] * {"ns": 1e-6, "us": 1e-3, "ms": 1.0}[measured["time_unit"]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=pathlib.Path, default=ROOT / "build/release/bin/bench_optimizer_step")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10, help="steps of the Python optimiser per round")
    parser.add_argument("--threads", type=int, choices=[1, 2], default=2)
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    result = {"tensors": len(resnet18_shapes()), "threads": args.threads, "rounds": args.rounds, "potentials": {}}
    for potential in POTENTIALS:
        rounds = []
        for _ in range(args.rounds):
            python = step_in_python(potential, args.threads, args.steps)
            rounds.append((python, step_in_ours(args.ours, potential, args.threads, python * args.steps / 1000)))
        result["potentials"][potential] = {
            "published_ms": statistics.median(python for python, _ in rounds),
            "mirrortune_ms": statistics.median(ours for _, ours in rounds),
            "ratio": statistics.median(python / ours for python, ours in rounds),
        }
    text = json.dumps(result, indent=2) + "\n"
    if args.output:
        args.output.write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
