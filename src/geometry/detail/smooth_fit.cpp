#include "geometry/detail/smooth_fit.h"

#include <algorithm>
#include <cmath>

#include <boost/math/tools/minima.hpp>

namespace mirrortune::detail {
namespace {

constexpr int kParameters = 3;  // λ, β and σ

struct LambdaFit {
  double lambda = 0;
  double log_likelihood = 0;
};

LambdaFit fit_lambda(const ChangedPairs& pairs, const ChangeModelOptions& options, double beta,
                     double guess) {
  constexpr double kReach = 0.75, kGreatest = 5.0;
  constexpr int kBits = 10;
  const auto cost = [&](double lambda) {
    return -make_model(pairs, PotentialGeometry{SmoothPower{lambda, beta}}, options)->fit().log_likelihood;
  };
  const double low = std::clamp(guess - kReach, 0.0, kGreatest);
  const double high = std::clamp(guess + kReach, low + 0.5, kGreatest + 0.5);
  const auto [lambda, least] = boost::math::tools::brent_find_minima(cost, low, high, kBits);
  return {lambda, -least};
}

}  // namespace

SmoothFit fit_smooth_power(const ChangedPairs& pairs, const ChangeModelOptions& options,
                           double lambda_guess) {
  const auto by_log = [](const Size& a, const Size& b) { return a.log < b.log; };
  const auto [least, greatest] = std::minmax_element(pairs.before().begin(), pairs.before().end(), by_log);
  const double low = least->log - std::log(100.0), high = greatest->log + std::log(10.0);
  constexpr int kSteps = 10;
  SmoothFit best{.log_likelihood = -INFINITY};
  const auto visit = [&](double log_beta) {
    const double beta = std::exp(log_beta);
    const double guess = std::isfinite(best.log_likelihood) ? best.lambda : lambda_guess;
    const LambdaFit fit = fit_lambda(pairs, options, beta, guess);
    if (fit.log_likelihood > best.log_likelihood) {
      best = {.lambda = fit.lambda, .beta = beta, .log_likelihood = fit.log_likelihood};
    }
    return -fit.log_likelihood;
  };
  for (int i = 0; i <= kSteps; ++i) visit(low + (high - low) * i / kSteps);
  const double step = (high - low) / kSteps, centre = std::log(best.beta);
  constexpr int kBits = 8;
  boost::math::tools::brent_find_minima(visit, centre - step, centre + step, kBits);
  best.aic = 2 * kParameters - 2 * best.log_likelihood;
  return best;
}

}  // namespace mirrortune::detail
