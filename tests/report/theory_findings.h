#pragma once

#include "report/theory.h"

namespace mirrortune::test {

/// Small results of the commands `theory …`.
inline Robustness robustness_findings() { return simulate_robustness({.weights = 200, .seeds = 10}); }

inline SpineFindings spine_findings() {
  SpineFindings findings{.volumes = simulate_spine_volumes(400, 0), .fits = {}};
  findings.fits = fit_spines(findings.volumes.volumes, {.starts = 2});
  return findings;
}

}  // namespace mirrortune::test
