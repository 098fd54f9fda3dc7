#!/usr/bin/env python3
"""How long figure 3A's regressions take, beside the published procedure in plain PyTorch.

One data set with its search data set, D up to 3419, N = D^0.5 and D^0.75, c = 1, one potential at a time: sixteen learning rates of
100 full-batch epochs (100 more, up to four times, until the loss is below 1e-3), then the training. The published side draws
its inputs with a Cholesky factor of all correlations and trains one rate after the other; that of `mirrortune theory linreg` is a
whole process. Prints JSON: seconds of both and their ratio; the goal is 3.

  tools/bench/linear_regression.py [--threads 2] [--output linear_regression.json]
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import time

import numpy
import torch

from published import PublishedMirrorDescent, delta_cdf

ROOT = pathlib.Path(__file__).parents[2]
DIMENSIONS = [100, 180, 324, 584, 1053, 1898, 3419]
EXPONENTS = [0.5, 0.75]
POTENTIALS = ["negative_entropy", "2-norm", "3-norm"]


def train(inputs, labels, lr, epochs, potential):
    dimension = inputs.shape[1]
    net = torch.nn.Linear(dimension, 1, bias=False)
    torch.nn.init.normal_(net.weight, std=1 / math.sqrt(dimension))
    before = net.weight.detach().clone()
    optimizer = PublishedMirrorDescent(net.parameters(), lr, potential)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    criterion = torch.nn.MSELoss()
    for _ in range(epochs):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item(), before, net.weight.detach()


def search(inputs, labels, potential):
    for epochs in range(100, 600, 100):
        losses = [train(inputs, labels, lr, epochs, potential)[0] for lr in numpy.logspace(-7, -1, 16)]
        best = int(numpy.nanargmin(losses))
        if losses[best] < 1e-3:
            break
    return float(numpy.logspace(-7, -1, 16)[best]), epochs


def published(potential):
    torch.manual_seed(0)
    start = time.perf_counter()
    largest, most = max(DIMENSIONS), int(max(DIMENSIONS) ** max(EXPONENTS))
    lags = torch.arange(largest)
    lags = (lags[:, None] - lags[None, :]).abs()
    factor = torch.linalg.cholesky((1 - 2.0 * (lags % 2)).double() / (1 + lags)).float()
    inputs = torch.randn(2, most, largest) @ factor.T + torch.rand(2, most, largest) - 0.5
    labels = 2 * torch.randint(0, 2, (2, most, 1)).float() - 1
    for exponent in EXPONENTS:
        for dimension in DIMENSIONS:
            samples = int(dimension**exponent)
            lr, epochs = search(inputs[1, :samples, :dimension], labels[1, :samples], potential)
            _, before, after = train(inputs[0, :samples, :dimension], labels[0, :samples], lr, epochs, potential)
            delta_cdf(before.flatten(), after.flatten(), potential)
    return time.perf_counter() - start


def ours(binary, potential, threads):
    start = time.perf_counter()
    subprocess.run([binary, "theory", "linreg", "--dimensions", ",".join(map(str, DIMENSIONS)), "--correlation-powers", "1",
                    "--seeds", "1", "--solution", "trained", "--potentials", potential, "--threads", str(threads), "-q"],
                   check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/mirrortune")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    results = []
    for potential in POTENTIALS:
        seconds = ours(arguments.binary, potential, arguments.threads)
        theirs = published(potential)
        results.append({"potential": potential, "ours_s": round(seconds, 2), "published_s": round(theirs, 2),
                        "published_over_ours": round(theirs / seconds, 1)})
    text = json.dumps({"threads": arguments.threads, "cores": os.cpu_count(),
                       "load_before": round(os.getloadavg()[0], 2), "results": results}, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
