#include "geometry/detail/what_would_change.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "analysis/potentials.h"

namespace mirrortune::detail {
namespace {

constexpr double kDecisive = 10;  // difference of AIC at which the weight of the other is below 0.7 %
constexpr double kMostTold = 1e7;

/// "about 420 changes", to two digits.
std::string changes_in_words(double count) {
  if (!(count < kMostTold)) return "more than ten million changes";
  if (count < kFewestChanges) return fmt::format("{} changes", kFewestChanges);
  const double digit = std::pow(10, std::floor(std::log10(count)) - 1);
  return fmt::format("about {:.0f} changes", std::ceil(count / digit) * digit);
}

/// With groups, more changes tell as much only if they come from more groups too.
std::string in_as_many_groups(const Identification& result) {
  return result.clusters < result.n ? ", from groups in proportion" : "";
}

void add_next(const Identification& result, std::vector<std::string>& sentences) {
  if (result.models.size() < 2 || !std::isfinite(result.models[1].aic)) return;
  const Explanation &best = result.models[0], &next = result.models[1];
  const double difference = next.aic - best.aic;
  const double needed = static_cast<double>(result.n) * kDecisive / difference;
  const bool decided = difference >= kDecisive;
  sentences.push_back(fmt::format(
      "next after {} is {}, with an AIC that is {:.1f} higher: {} {} would leave a difference of {:.0f}, "
      "below which the other remains possible",
      best.potential, next.potential, difference, decided ? "only" : "it takes", changes_in_words(needed),
      kDecisive));
}

/// A compared potential of the power family, with its λ.
struct PowerCandidate {
  std::string potential;
  double lambda = 0;
};

std::vector<PowerCandidate> power_candidates(const Identification& result) {
  std::vector<PowerCandidate> candidates;
  for (const auto& model : result.models) {
    if (const auto lambda = power_of(potential_named(model.potential))) {
      candidates.push_back({.potential = model.potential, .lambda = *lambda});
    }
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const PowerCandidate& a, const PowerCandidate& b) { return a.lambda < b.lambda; });
  return candidates;
}

std::string listed(const std::vector<PowerCandidate>& candidates) {
  std::string text;
  for (const auto& candidate : candidates) {
    text += fmt::format("{}{} ({:g})", text.empty() ? "" : ", ", candidate.potential, candidate.lambda);
  }
  return text;
}

/// So many changes at which the interval would end at a candidate; infinity for one at the estimate itself.
double changes_to_reach(const Identification& result, double lambda) {
  const double best = result.profile.best.lambda;
  const double end = lambda < best ? result.interval().low : result.interval().high;
  const double ratio = (end - best) / (lambda - best);
  return static_cast<double>(result.n) * ratio * ratio;
}

void add_excluded(const Identification& result, std::vector<std::string>& sentences) {
  std::vector<PowerCandidate> inside, outside;
  for (const auto& candidate : power_candidates(result)) {
    (result.interval().contains(candidate.lambda) ? inside : outside).push_back(candidate);
  }
  const auto nearest_number = [&](const std::vector<PowerCandidate>& candidates) {
    double number = 0;
    for (const auto& candidate : candidates) {
      number = std::max(number, changes_to_reach(result, candidate.lambda));
    }
    return changes_in_words(number) + in_as_many_groups(result);
  };
  if (!outside.empty()) {
    sentences.push_back(
        fmt::format("the interval excludes the lambda of {}; with fewer than {} it would reach the nearest",
                    listed(outside), nearest_number(outside)));
  }
  if (inside.size() > 1) {
    // The nearest to the estimate is what the interval is expected to keep.
    const auto distance = [&](const PowerCandidate& candidate) {
      return std::fabs(candidate.lambda - result.profile.best.lambda);
    };
    const std::string all = listed(inside);
    const auto kept = std::min_element(
        inside.begin(), inside.end(),
        [&](const PowerCandidate& a, const PowerCandidate& b) { return distance(a) < distance(b); });
    const std::string name = kept->potential;
    inside.erase(kept);
    sentences.push_back(fmt::format(
        "the interval holds the lambda of {}; {} would leave {} alone in it if the estimate stayed", all,
        nearest_number(inside), name));
  }
}

/// How large errors of measurement, besides those that are accounted for, would matter.
void add_noise(const Identification& result, const ChangedPairs& pairs, std::vector<std::string>& sentences) {
  constexpr double kNoticed = 0.1;  // of the variance: λ then moves by about a tenth
  const PowerGeometry geometry{result.profile.best.lambda};
  const double relative_change =
      result.profile.best.sigma / geometry.per_relative_change(Size{pairs.mean_log()});
  const double error = 100 * relative_change / std::sqrt(2.0);
  if (!std::isfinite(error)) return;
  sentences.push_back(fmt::format(
      "errors of measurement that are not accounted for move lambda, relative ones towards 0 and additive "
      "ones towards 1: with {:.2g} % of a size of the middle they would make a tenth of the variance of the "
      "changes, with {:.2g} % all of it",
      error * std::sqrt(kNoticed), error));
}

}  // namespace

std::vector<std::string> what_would_change(const Identification& result, const ChangedPairs& pairs) {
  std::vector<std::string> sentences;
  add_next(result, sentences);
  add_excluded(result, sentences);
  add_noise(result, pairs, sentences);
  return sentences;
}

}  // namespace mirrortune::detail
