#include "geometry/evidence.h"

#include <algorithm>
#include <cmath>

#include "analysis/moments.h"
#include "analysis/normal.h"
#include "analysis/potentials.h"
#include "base/quantile.h"
#include "base/stream.h"

namespace mirrortune {
namespace {

std::vector<SizeAndChange> sizes_and_changes(const ChangedPairs& pairs) {
  std::vector<SizeAndChange> all;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double before = pairs.before()[i].value(), after = pairs.after()[i].value();
    all.push_back({.size = std::fabs(before), .change = std::fabs(after - before)});
  }
  // Sizes are kept by their logarithms: a change of the last digit may be lost.
  std::erase_if(all, [](const SizeAndChange& one) { return !(one.change > 0); });
  return all;
}

/// kMostDrawn of them in their order, every set equally likely (Knuth's selection sampling).
std::vector<SizeAndChange> sample_of(const std::vector<SizeAndChange>& all, std::uint64_t seed) {
  if (all.size() <= kMostDrawn) return all;
  const Stream stream(seed, "drawn changes");
  std::vector<SizeAndChange> sample;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto left = static_cast<double>(all.size() - i),
               wanted = static_cast<double>(kMostDrawn - sample.size());
    if (stream.uniform(i) * left < wanted) sample.push_back(all[i]);
  }
  return sample;
}

/// Medians of sizes and changes in groups of neighbouring sizes.
std::vector<SizeAndChange> medians_of(std::vector<SizeAndChange> all) {
  constexpr std::size_t kMostGroups = 20, kFewestOfGroup = 15;
  std::stable_sort(all.begin(), all.end(),
                   [](const SizeAndChange& a, const SizeAndChange& b) { return a.size < b.size; });
  const std::size_t groups = std::clamp<std::size_t>(all.size() / kFewestOfGroup, 1, kMostGroups);
  std::vector<SizeAndChange> medians;
  for (std::size_t group = 0; group < groups; ++group) {
    std::vector<double> sizes, changes;
    for (std::size_t i = group * all.size() / groups; i < (group + 1) * all.size() / groups; ++i) {
      sizes.push_back(all[i].size);
      changes.push_back(all[i].change);
    }
    medians.push_back({.size = median_of(std::move(sizes)), .change = median_of(std::move(changes))});
  }
  return medians;
}

ChangeGrowth growth_of(const ChangedPairs& pairs, double lambda, std::uint64_t seed) {
  const auto all = sizes_and_changes(pairs);
  ChangeGrowth growth{
      .slope = 1 - lambda, .intercept = 0, .medians = medians_of(all), .sample = sample_of(all, seed)};
  std::vector<double> heights;
  for (const auto& one : all) heights.push_back(std::log(one.change) - growth.slope * std::log(one.size));
  growth.intercept = median_of(std::move(heights));
  return growth;
}

/// Bars of equal width, narrower with more changes, with an edge at 0.
std::vector<DensityBar> histogram_of(const std::vector<double>& sorted) {
  const auto n = static_cast<double>(sorted.size());
  const double asked =
      2.7 * std::pow(n, -1.0 / 3);  // Freedman and Diaconis, of a normal distribution of sd 1
  const int half = std::clamp(static_cast<int>(std::ceil(kHistogramEnd / asked)), 5, 50);
  const double width = kHistogramEnd / half;
  std::vector<DensityBar> bars;
  auto from = std::lower_bound(sorted.begin(), sorted.end(), -kHistogramEnd);
  for (int bin = -half; bin < half; ++bin) {
    const bool last = bin + 1 == half;
    const double left = bin * width, right = (bin + 1) * width;
    const auto to =
        last ? std::upper_bound(from, sorted.end(), right) : std::lower_bound(from, sorted.end(), right);
    bars.push_back({.left = left, .right = right, .density = static_cast<double>(to - from) / (n * width)});
    from = to;
  }
  return bars;
}

double share_outside(const std::vector<double>& sorted) {
  const auto outside = std::ranges::count_if(sorted, [](double z) { return std::fabs(z) > kHistogramEnd; });
  return static_cast<double>(outside) / static_cast<double>(sorted.size());
}

/// The value at the place p·n − ½ among the values in rising order (Hazen), linear between two of them.
double quantile_of(const std::vector<double>& sorted, double p) {
  const auto last = static_cast<double>(sorted.size() - 1);
  const double place = std::clamp(p * static_cast<double>(sorted.size()) - 0.5, 0.0, last);
  return sorted_quantile(sorted, last > 0 ? place / last : 0);
}

std::vector<QuantilePair> quantiles_of(const std::vector<double>& sorted) {
  constexpr int kSteps = 100;
  const double end = normal_quantile(1 - 0.5 / static_cast<double>(sorted.size()));
  std::vector<QuantilePair> pairs;
  for (int i = 0; i <= kSteps; ++i) {
    const double normal = end * (2.0 * i / kSteps - 1);
    pairs.push_back({.normal = normal, .observed = quantile_of(sorted, normal_cdf(normal))});
  }
  return pairs;
}

}  // namespace

std::vector<double> standardised_changes(const Potential& potential, const ChangedPairs& pairs,
                                         const ChangeModelOptions& options) {
  const auto model = make_model(pairs, PotentialGeometry{potential}, options);
  std::vector<double> changes(pairs.size());
  model->standardised_changes(model->fit().sigma, changes);
  std::erase_if(changes, [](double change) { return std::isnan(change); });
  const Moments moments = Moments::of(changes);
  if (!moments.varies()) return {};
  for (double& change : changes) change /= moments.sd();
  std::sort(changes.begin(), changes.end());
  return changes;
}

TableEvidence table_evidence(const Pairs& given, const IdentifyOptions& options,
                             const Identification& result) {
  const ChangedPairs pairs(seen_pairs(given, options.model.measurement.detection_limit));
  const Family family = [&](double lambda) {
    return make_model(pairs, PowerGeometry{lambda}, options.model);
  };
  TableEvidence evidence{.profile = profile_curve(family, result.profile),
                         .growth = growth_of(pairs, result.profile.best.lambda, options.seed),
                         .candidates = {}};
  for (const auto& model : result.models) {
    if (!std::isfinite(model.log_likelihood)) continue;
    const auto sorted = standardised_changes(potential_named(model.potential), pairs, options.model);
    if (sorted.empty()) continue;
    evidence.candidates.push_back({.potential = model.potential,
                                   .histogram = histogram_of(sorted),
                                   .outside = share_outside(sorted),
                                   .quantiles = quantiles_of(sorted)});
  }
  return evidence;
}

}  // namespace mirrortune
