#include "geometry/detail/spread.h"

#include <cmath>
#include <vector>

#include <boost/math/tools/minima.hpp>

namespace mirrortune::detail {

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

SpreadFit fit_spread(const ChangeModel& model, double guess) {
  constexpr double kReach = 4.0;
  constexpr int kBits = 16;  // of ln σ: the likelihood is flat to second order there
  std::vector<double> out(model.size());
  const auto cost = [&](double log_sigma) {
    model.log_likelihoods(std::exp(log_sigma), out);
    return -sum_of(out);
  };
  const double start = std::log(guess);
  const auto [log_sigma, least] =
      boost::math::tools::brent_find_minima(cost, start - kReach, start + kReach, kBits);
  return {std::exp(log_sigma), -least};
}

}  // namespace mirrortune::detail
