#!/usr/bin/env python3
"""Makes src/analysis/detail/delta_cdf_null.h: the null distribution of √n·ΔCDF for many independent Gaussian changes.

As n grows √n·(F − Φ) at the grid's points becomes a Gaussian process whose covariance follows from the influence of one
change z on F, with the standard deviation (and, centred, the mean) estimated from the same changes:
1{z < x} − Φ(x) + x·φ(x)·(z² − 1)/2 (+ φ(x)·z). So T = Σ abs(process)·dx is drawn directly, on every second grid point
(the sum moves by less than its own Monte Carlo error). The slope of the tail is the standard deviation of the largest
linear functional below T, max over s in [−1, 1] of s'Ks·dx² (Ehrhard 1983); it is found by ascent from many starts.
"""

import argparse
import pathlib

import numpy
from scipy.special import ndtr, ndtri

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = numpy.arange(-35, 36) / 10  # Φ⁻¹ of the probabilities that are tabulated


def covariance(x, center):
    cdf, density = ndtr(x), numpy.exp(-x * x / 2) / numpy.sqrt(2 * numpy.pi)
    k = numpy.minimum.outer(cdf, cdf) - numpy.outer(cdf, cdf) - numpy.outer(x * density, x * density) / 2
    return k - numpy.outer(density, density) if center else k


def draw(k, dx, samples, random, batch=20000):
    values, vectors = numpy.linalg.eigh(k)
    root = (vectors * numpy.sqrt(numpy.maximum(values, 0))).astype(numpy.float32).T
    parts = []
    for begin in range(0, samples, batch):
        noise = random.standard_normal((min(batch, samples - begin), len(k)), dtype=numpy.float32)
        parts.append(numpy.abs(noise @ root).sum(axis=1, dtype=numpy.float64) * dx)
    return numpy.concatenate(parts)


def largest_functional_sd(k, dx, random, starts=300):
    best = 0.0
    for start in range(starts):
        s = numpy.sign(k @ random.standard_normal(len(k))) if start else numpy.ones(len(k))
        for _ in range(200):
            following = numpy.where(k @ s < 0, -1.0, 1.0)
            if numpy.array_equal(following, s):
                break
            s = following
        best = max(best, s @ k @ s)
    return numpy.sqrt(best) * dx


def table(name, meaning, sample, sd):
    sample = numpy.sort(sample)
    quantiles = numpy.quantile(sample, ndtr(LEVELS))
    lines = [", ".join(f"{q:.4f}" for q in quantiles[i:i + 10]) for i in range(0, len(quantiles), 10)]
    return (f"/// {meaning}\ninline constexpr NullQuantiles {name} = {{\n    {{{{" + ",\n      ".join(lines) +
            f"}}}},\n    {sd:.4f}}};\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2_000_000)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "src/analysis/detail/delta_cdf_null.h")
    arguments = parser.parse_args()
    x = numpy.linspace(-5, 5, 1000)[::2]
    dx = 2 * 10 / 999
    tables = []
    for name, center in (("kNull", False), ("kNullCentred", True)):
        random = numpy.random.default_rng(20240519 + center)
        k = covariance(x, center)
        sample = draw(k, dx, arguments.samples, random)
        sd = largest_functional_sd(k, dx, random)
        shown = ", ".join(f"{q:.4f}" for q in numpy.quantile(sample, [.5, .9, .95, .99, .999]))
        print(f"{name}: mean {sample.mean():.4f}, quantiles .5 .9 .95 .99 .999: {shown}, slope of the tail 1/{sd:.4f}")
        tables.append(table(name, "The mean is subtracted first." if center else "As published: the changes are not centred.",
                            sample, sd))
    arguments.output.write_text(f"""#pragma once

#include <array>

namespace mirrortune::detail {{

/// Made by tools/dev/make_delta_cdf_null.py from {arguments.samples} draws: quantiles of √n·ΔCDF at the probabilities
/// Φ(−3.5), Φ(−3.4), …, Φ(3.5).
struct NullQuantiles {{
  static constexpr double kFirstLevel = -3.5;
  static constexpr double kLevelsPerUnit = 10;
  std::array<double, {len(LEVELS)}> at;
  double tail_sd;  ///< beyond the last quantile Φ⁻¹(P(√n·ΔCDF ≤ t)) rises by (t − last)/tail_sd at least
}};

""" + "\n".join(tables) + "\n}  // namespace mirrortune::detail\n")


if __name__ == "__main__":
    main()
