#pragma once

#include <cmath>

#include "report/theory.h"

namespace mirrortune::test {

/// Small results of the commands `theory …`.
inline Robustness robustness_findings() { return simulate_robustness({.weights = 200, .seeds = 10}); }

/// As run_linreg makes them, of two sizes and two seeds; the 3-norm's spread is not predicted.
inline Linreg linreg_findings() {
  Linreg result{
      .options = {.dimensions = {100, 1000}, .exponents = {0.5}, .correlation_powers = {1, 2}, .seeds = 2},
      .rows = {},
      .notes = {"a note"}};
  for (const auto solution : {RegressionSolution::trained, RegressionSolution::exact}) {
    for (const auto& potential : result.options.potentials) {
      for (const double c : result.options.correlation_powers) {
        for (const std::int64_t D : result.options.dimensions) {
          for (const std::int64_t seed : {0, 1}) {
            const auto size = static_cast<double>(D);
            const double value = (1 + 0.3 * static_cast<double>(seed)) / std::sqrt(size);
            result.rows.push_back({.solution = solution,
                                   .potential = potential,
                                   .D = D,
                                   .N = LinregOptions::samples(D, 0.5),
                                   .exponent = 0.5,
                                   .c = c,
                                   .seed = seed,
                                   .lr = 0.01,
                                   .epochs = 100,
                                   .delta_cdf = value,
                                   .magnitude = 3 * value,
                                   .spread = value,
                                   .spread_predicted = potential == "3-norm" ? std::nan("") : value,
                                   .loss = 1e-5,
                                   .sign_flips = 0.1});
          }
        }
      }
    }
  }
  return result;
}

inline SpineFindings spine_findings() {
  SpineFindings findings{.volumes = simulate_spine_volumes(400, 0), .fits = {}};
  findings.fits = fit_spines(findings.volumes.volumes, {.starts = 2});
  return findings;
}

}  // namespace mirrortune::test
