#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mirrortune::detail {

/// A mixture of Gaussians with one standard deviation.
struct SharedSpreadMixture {
  std::vector<double> means, weights;
  double sd;
  double log_likelihood;
};

struct MixtureStart {
  std::size_t components;
  std::uint64_t seed;
  int number;  ///< 0: means at quantiles; others: at values drawn for this number
};

/// The maximum of the likelihood that expectation maximisation comes to from one start, to within 1e-8 a
/// turn, means rising. There must be more different values than components.
SharedSpreadMixture fit_shared_spread_mixture(std::span<const double> values, const MixtureStart& start);

}  // namespace mirrortune::detail
