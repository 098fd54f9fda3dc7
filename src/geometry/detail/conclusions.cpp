#include "geometry/detail/conclusions.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace mirrortune::detail {
namespace {

constexpr double kNarrow = 0.15;  // log-sd of sizes under which neighbouring geometries look alike
constexpr double kWide = 1.0;     // of the interval: from one common potential past the next
constexpr std::int32_t kFewClusters = 8;
constexpr double kManyFlips = 0.05;
constexpr double kDrifting = 3.0;  // standard errors

std::string counted(std::int64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

void add_left_out(const Identification& result, std::vector<std::string>& notes) {
  if (result.zeros > 0) {
    notes.push_back(counted(result.zeros, "pair has", "pairs have") + " a size that is 0 and is left out");
  }
  if (result.unchanged > 0) {
    notes.push_back(counted(result.unchanged, "pair has", "pairs have") +
                    " the same size before and after and is left out");
  }
  if (result.unseen > 0) {
    notes.push_back(counted(result.unseen, "pair has", "pairs have") +
                    " a size below the detection limit and is left out");
  }
}

/// The variance that measurement adds to a change of a size in the middle, over that of the changes.
double noise_share(const Identification& result, const ChangedPairs& pairs, const Measurement& measurement) {
  const PowerGeometry geometry{result.profile.best.lambda};
  double errors = 0;
  for (const double error : pairs.se_before()) errors += error * error / static_cast<double>(pairs.size());
  const Size middle{pairs.mean_log()};
  const double relative =
      std::hypot(measurement.cv, std::hypot(measurement.add, std::sqrt(errors)) / middle.value());
  const double noise = geometry.per_relative_change(middle) * relative / result.profile.best.sigma;
  return 2 * noise * noise;
}

void add_doubts(const Identification& result, std::vector<std::string>& notes) {
  const Interval& interval = result.interval();
  if (result.log_sd < kNarrow) {
    notes.push_back(
        fmt::format("the sizes differ little from each other (log-sd {:.2g}): geometries can hardly be "
                    "told apart from them",
                    result.log_sd));
  }
  if (!(interval.width() <= kWide)) {
    notes.push_back(
        fmt::format("not identified: geometries from {} to {} explain these changes about equally well",
                    std::isfinite(interval.low) ? fmt::format("{:.2f}", interval.low) : "any below",
                    std::isfinite(interval.high) ? fmt::format("{:.2f}", interval.high) : "any above"));
  }
  const auto flips = static_cast<double>(result.flips) / static_cast<double>(result.n);
  if (flips > kManyFlips) {
    notes.push_back(
        fmt::format("{:.1f} % of the sizes change their sign: the estimate leans on them", 100 * flips));
  }
  if (result.bootstrap && result.clusters < kFewClusters && result.clusters < result.n) {
    notes.push_back(
        fmt::format("{} groups are few for a bootstrap: its interval is too narrow", result.clusters));
  }
}

}  // namespace

std::vector<std::string> conclusions_to_doubt(const Identification& result, const ChangedPairs& pairs,
                                              const IdentifyOptions& options) {
  std::vector<std::string> notes;
  add_left_out(result, notes);
  add_doubts(result, notes);
  if (!options.model.drift && std::fabs(result.drift_z) > kDrifting) {
    const bool noisy = is_noisy(pairs, options.model.measurement);
    notes.push_back(fmt::format("the sizes drift by {:+.2g} % on average, {:.1f} standard errors{}",
                                100 * result.drift, std::fabs(result.drift_z),
                                noisy ? "" : ": take it out with --drift"));
  }
  const double noise = noise_share(result, pairs, options.model.measurement);
  if (noise > 0.5) {
    notes.push_back(
        fmt::format("measurement noise has {:.2g} times the variance of the changes: the estimate is as good "
                    "as what is known of the noise",
                    noise));
  }
  for (const auto& model : result.models) {
    if (std::isfinite(model.log_likelihood)) continue;
    notes.push_back("some sizes lie outside the domain of " + model.potential +
                    ", which cannot have made them");
  }
  if (result.smooth) {
    const auto by_log = [](const Size& a, const Size& b) { return a.log < b.log; };
    const auto [least, greatest] = std::minmax_element(pairs.before().begin(), pairs.before().end(), by_log);
    const double log_beta = std::log(result.smooth->beta);
    if (log_beta < least->log || log_beta > greatest->log) {
      notes.push_back(
          "smooth_power: beta lies outside the sizes, so that lambda and beta are not both known");
    }
  }
  return notes;
}

}  // namespace mirrortune::detail
