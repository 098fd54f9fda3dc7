#include "geometry/identify.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

#include "analysis/moments.h"
#include "analysis/potentials.h"
#include "base/error.h"

#include "geometry/coverage.h"
#include "geometry/detail/conclusions.h"
#include "geometry/detail/smooth_fit.h"
#include "geometry/detail/spread.h"
#include "geometry/detail/what_would_change.h"

namespace mirrortune {
namespace {

void check_options(const ChangedPairs& pairs, const IdentifyOptions& options) {
  const auto refuse = [](const std::string& why) {
    throw UsageError({.what = "cannot identify the geometry", .why = why});
  };
  const Measurement& measurement = options.model.measurement;
  const bool noisy = is_noisy(pairs, measurement);
  if (noisy && options.model.drift) {
    refuse("a drift and measurement noise cannot be estimated together");
  }
  if (noisy && pairs.any_negative()) refuse("measurement noise is known of positive sizes only");
  if (measurement.detection_limit && pairs.any_negative()) {
    refuse("a detection limit is known of positive sizes only");
  }
}

void check_data(const ChangedPairs& pairs) {
  const auto refuse = [](const std::string& why) {
    throw DataError({.what = "cannot identify the geometry", .why = why});
  };
  if (pairs.size() < kFewestChanges) {
    refuse("only " + std::to_string(pairs.size()) + " changes tell something; " +
           std::to_string(kFewestChanges) + " are the least");
  }
  if (!(pairs.log_sd() > 1e-9)) refuse("all sizes before are equal: every geometry fits then");
}

bool in_domain(const Potential& potential, const ChangedPairs& pairs) {
  const auto inside = [&](const Size& size) { return contains(potential, size.value()); };
  return std::all_of(pairs.before().begin(), pairs.before().end(), inside) &&
         std::all_of(pairs.after().begin(), pairs.after().end(), inside);
}

/// ln p of every pair under a potential at its most likely spread; empty where a size is outside its domain.
std::vector<double> log_likelihoods_under(const Potential& potential, const ChangedPairs& pairs,
                                          const ChangeModelOptions& options) {
  if (!in_domain(potential, pairs)) return {};
  const auto model = make_model(pairs, PotentialGeometry{potential}, options);
  std::vector<double> out(pairs.size());
  model->log_likelihoods(model->fit().sigma, out);
  return out;
}

/// Vuong's statistic (Vuong 1989) of one list of ln p against another.
double vuong(std::span<const double> of, std::span<const double> best) {
  std::vector<double> differences(of.size());
  for (std::size_t i = 0; i < of.size(); ++i) differences[i] = of[i] - best[i];
  const Moments moments = Moments::of(differences);
  if (!moments.varies()) return 0;
  return moments.mean * std::sqrt(static_cast<double>(moments.n)) / moments.sd();
}

int free_parameters(const ChangeModelOptions& options) { return options.drift ? 2 : 1; }

/// A potential with ln p of every pair under it.
struct Candidate {
  Explanation explanation;
  std::vector<double> log_likelihoods;
};

std::vector<Candidate> candidates_of(const ChangedPairs& pairs, const IdentifyOptions& options) {
  std::vector<Candidate> candidates;
  for (const Potential& potential : potentials_named(options.potentials)) {
    auto of_pairs = log_likelihoods_under(potential, pairs, options.model);
    const double total = of_pairs.empty() ? -INFINITY : detail::sum_of(of_pairs);
    candidates.push_back({{.potential = to_text(potential),
                           .log_likelihood = total,
                           .aic = 2 * free_parameters(options.model) - 2 * total},
                          std::move(of_pairs)});
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.explanation.log_likelihood > b.explanation.log_likelihood;
  });
  return candidates;
}

std::vector<Explanation> compare(const ChangedPairs& pairs, const IdentifyOptions& options) {
  const auto candidates = candidates_of(pairs, options);
  std::vector<Explanation> models;
  double weights = 0;
  for (const auto& candidate : candidates) {
    Explanation& model = models.emplace_back(candidate.explanation);
    if (!std::isfinite(model.log_likelihood)) continue;
    model.weight = std::exp((models.front().aic - model.aic) / 2);
    weights += model.weight;
    model.vuong_z = vuong(candidate.log_likelihoods, candidates.front().log_likelihoods);
    model.vuong_p = 2 * cdf(boost::math::normal(), -std::fabs(model.vuong_z));
  }
  for (auto& model : models) model.weight = weights > 0 ? model.weight / weights : 0;
  return models;
}

/// The mean relative change and its standard error, by least squares at the most likely geometry, of sizes
/// that are too far from the detection limit for a loss to bias it.
void measure_drift(const ChangedPairs& pairs, const Measurement& measurement, Identification& result) {
  constexpr double kFar = 3;  // spreads
  const PowerGeometry geometry{result.profile.best.lambda};
  const auto& limit = measurement.detection_limit;
  double products = 0, squares = 0, changes = 0, n = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Size before = pairs.before()[i];
    if (pairs.is_flip(i)) continue;
    if (limit && geometry.margin(before, std::log(*limit)) < kFar * result.profile.best.sigma) continue;
    const double slope = geometry.per_relative_change(before);
    const double change = geometry.change(before, pairs.after()[i]);
    products += slope * change;
    squares += slope * slope;
    changes += change * change;
    n += 1;
  }
  result.drift = products / squares;
  result.drift_z = result.drift / std::sqrt((changes - result.drift * products) / n / squares);
}

}  // namespace

std::string Explanation::weight_text() const {
  return weight > 0 && weight < 1e-3 ? "<0.001" : fmt::format("{:.3f}", weight);
}

std::string Identification::interval_by() const {
  if (!bootstrap) return "profile likelihood";
  return clusters == n ? "bootstrap over synapses" : fmt::format("bootstrap over {} groups", clusters);
}

Identification identify(const Pairs& given, const IdentifyOptions& options) {
  Identification result;
  const Pairs seen = seen_pairs(given, options.model.measurement.detection_limit);
  const ChangedPairs pairs(seen);
  result.unseen = static_cast<std::int64_t>(given.size() - seen.size());
  check_options(pairs, options);
  check_data(pairs);
  result.n = static_cast<std::int64_t>(pairs.size());
  result.clusters = pairs.cluster_count();
  result.zeros = pairs.zeros();
  result.unchanged = pairs.unchanged();
  result.flips = pairs.flips();
  result.log_sd = pairs.log_sd();
  const Family family = [&](double lambda) {
    return make_model(pairs, PowerGeometry{lambda}, options.model);
  };
  result.profile = profile_likelihood(family);
  const double lambda = result.profile.best.lambda;
  result.aic = 2 * (1 + free_parameters(options.model)) - 2 * result.profile.best.log_likelihood;
  measure_drift(pairs, options.model.measurement, result);
  if (options.resamples > 0 && pairs.cluster_count() >= 2) {
    result.bootstrap = bootstrap_lambda(
        family, result.profile, pairs.clusters(), pairs.cluster_count(),
        {.resamples = options.resamples, .seed = options.seed, .threads = options.model.threads});
  }
  result.models = compare(pairs, options);
  if (options.smooth) result.smooth = detail::fit_smooth_power(pairs, options.model, lambda);
  if (options.coverage_runs > 0) {
    result.coverage = simulated_coverage(pairs, lambda, result.profile.best.sigma, options.model,
                                         options.coverage_runs, options.seed);
  }
  result.notes = detail::conclusions_to_doubt(result, pairs, options);
  result.would_change = detail::what_would_change(result, pairs);
  return result;
}

}  // namespace mirrortune
