#include "theory/detail/shared_spread_mixture.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "analysis/moments.h"
#include "base/error.h"
#include "base/stop.h"
#include "base/stream.h"

namespace mirrortune::detail {
namespace {

constexpr int kMostTurns = 5000;
constexpr double kSmallestGain = 1e-8;

std::vector<double> first_means(std::span<const double> values, const MixtureStart& start) {
  std::vector<double> means;
  if (start.number == 0) {
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    for (std::size_t k = 0; k < start.components; ++k) {
      means.push_back(sorted[(2 * k + 1) * sorted.size() / (2 * start.components)]);
    }
    return means;
  }
  const Stream stream(start.seed, "mixture start " + std::to_string(start.components),
                      static_cast<std::uint64_t>(start.number));
  for (std::size_t k = 0; k < start.components; ++k) means.push_back(values[stream.below(k, values.size())]);
  return means;
}

/// Sums over the values of a turn, given the mixture before it.
class Turn {
 public:
  explicit Turn(const SharedSpreadMixture& before)
      : before_(before), shares_(before.means.size()), counts_(shares_.size()), offsets_(shares_.size()) {
    for (const double weight : before.weights) log_weights_.push_back(std::log(weight));
  }

  void add(double value) {
    double top = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < shares_.size(); ++k) {
      const double z = (value - before_.means[k]) / before_.sd;
      shares_[k] = log_weights_[k] - z * z / 2;
      top = std::max(top, shares_[k]);
    }
    double sum = 0;
    for (double& share : shares_) sum += share = std::exp(share - top);
    log_likelihood_ += top + std::log(sum);
    for (std::size_t k = 0; k < shares_.size(); ++k) {
      const double share = shares_[k] / sum, offset = value - before_.means[k];
      counts_[k] += share;
      offsets_[k] += share * offset;
      squares_ += share * offset * offset;
    }
    ++n_;
  }

  /// Of the mixture before.
  double log_likelihood() const {
    return log_likelihood_ - n_ * (std::log(before_.sd) + std::log(2 * std::numbers::pi) / 2);
  }

  SharedSpreadMixture after() const {
    SharedSpreadMixture next = before_;
    double squares = squares_;
    for (std::size_t k = 0; k < counts_.size(); ++k) {
      next.weights[k] = counts_[k] / n_;
      if (!(counts_[k] > 0)) continue;
      const double move = offsets_[k] / counts_[k];
      next.means[k] += move;
      squares -= counts_[k] * move * move;
    }
    next.sd = std::sqrt(squares / n_);
    return next;
  }

 private:
  const SharedSpreadMixture& before_;
  std::vector<double> log_weights_, shares_, counts_, offsets_;
  double squares_ = 0, log_likelihood_ = 0, n_ = 0;
};

SharedSpreadMixture sorted(SharedSpreadMixture mixture) {
  std::vector<std::size_t> order(mixture.means.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return mixture.means[k]; });
  SharedSpreadMixture result = mixture;
  for (std::size_t k = 0; k < order.size(); ++k) {
    result.means[k] = mixture.means[order[k]];
    result.weights[k] = mixture.weights[order[k]];
  }
  return result;
}

}  // namespace

SharedSpreadMixture fit_shared_spread_mixture(std::span<const double> values, const MixtureStart& start) {
  const auto components = static_cast<double>(start.components);
  const Moments moments = Moments::of(values);
  SharedSpreadMixture mixture{.means = first_means(values, start),
                              .weights = std::vector<double>(start.components, 1 / components),
                              .sd = std::sqrt(moments.m2 / static_cast<double>(moments.n)) / components,
                              .log_likelihood = -std::numeric_limits<double>::infinity()};
  for (int i = 0; i < kMostTurns; ++i) {
    if (stop_requested()) throw StoppedError({.what = "the fit was stopped", .todo = "Run it again"});
    Turn turn(mixture);
    for (const double value : values) turn.add(value);
    const double gain = turn.log_likelihood() - mixture.log_likelihood;
    mixture.log_likelihood = turn.log_likelihood();
    if (gain < kSmallestGain) break;
    const double reached = mixture.log_likelihood;
    mixture = turn.after();
    mixture.log_likelihood = reached;
  }
  return sorted(std::move(mixture));
}

}  // namespace mirrortune::detail
