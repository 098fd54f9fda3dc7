#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/csv.h"

namespace mirrortune {

/// Volumes seen once are taken to have come from K initial ones by Gaussian changes in the dual space of a
/// potential: w = (φ')⁻¹(φ'(w0_k) + σξ), ξ ~ N(0, 1), with probability weight_k. Source: Pogodin et al. 2024,
/// figure 5.
struct SpineOptions {
  std::vector<std::string> potentials = {"negative_entropy", "2-norm",
                                         "3-norm"};  ///< as parse_potential reads
  std::vector<int> point_masses = {1, 2};  ///< K, each 1 or more and fewer than there are different volumes
  int starts = 10;                         ///< of EM, 1 or more; the likeliest end counts
  std::uint64_t seed = 0;                  ///< of the starts
  int threads = 1;                         ///< 0: all cores; the result does not depend on it
};

/// The model of one potential and K, by maximum likelihood.
struct SpineFit {
  std::string potential;        ///< canonical
  int point_masses;             ///< K
  double sigma;                 ///< spread in the dual space
  std::vector<double> points;   ///< initial volumes, rising; fewer than K are different if more do not help
  std::vector<double> weights;  ///< of the points; their sum is 1
  double log_likelihood;        ///< of the volumes: Σ ln p(w), with the Jacobian φ''(w)
  double mass_below_zero;       ///< probability that the model gives to volumes below 0
};

/// Fits every potential with every K, in this order, by expectation maximisation. Throws UsageError for
/// options out of range and for a potential whose domain does not hold the volumes, which must be above 0.
std::vector<SpineFit> fit_spines(std::span<const double> volumes, const SpineOptions& options);

/// Density of the model at a volume, which may be below 0; 0 outside the potential's domain.
double spine_density(const SpineFit& fit, double volume);

/// Why these fits do not tell which geometry made the volumes; to be shown with every one of them.
extern const char* const kUnpairedNote;

/// potential,K,sigma,log_likelihood,mass_below_zero: a line for each fit.
CsvTable spines_csv(std::span<const SpineFit> fits);
/// potential,K,point,weight: a line for each point mass.
CsvTable points_csv(std::span<const SpineFit> fits);

}  // namespace mirrortune
