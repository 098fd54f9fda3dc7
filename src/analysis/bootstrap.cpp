#include "analysis/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "analysis/detail/summary.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/stream.h"

namespace mirrortune {
namespace {

/// The changes of one sample, a block of a layer at a time.
template <class Body>
void for_each_block(std::span<const LayerScale> layers, std::uint64_t sample, Body body) {
  constexpr std::int64_t kBlock = 8192;
  std::vector<double> changes;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const Stream stream(sample, "bootstrap", layer);
    for (std::int64_t begin = 0; begin < layers[layer].n; begin += kBlock) {
      if (stop_requested())
        throw StoppedError({.what = "the analysis was stopped", .todo = "Run it again to finish"});
      changes.resize(static_cast<std::size_t>(std::min(kBlock, layers[layer].n - begin)));
      for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i] = layers[layer].sd * stream.normal(static_cast<std::uint64_t>(begin) + i);
      }
      body(std::span<const double>(changes));
    }
  }
}

/// Draws the sample twice, for its moments and for its scores, rather than keep it.
double delta_cdf_of_sample(std::span<const LayerScale> layers, bool center, std::uint64_t sample) {
  Moments moments;
  for_each_block(layers, sample, [&](auto changes) { moments.merge(Moments::of(changes)); });
  const auto scoring = detail::Scoring::of(moments, center);
  if (!scoring.defined()) return kUndefined;
  ScoreCounts counts;
  std::vector<double> scores;
  for_each_block(layers, sample, [&](auto changes) {
    scores.resize(changes.size());
    scoring.apply(changes, scores);
    counts.add(scores);
  });
  return counts.delta_cdf();
}

}  // namespace

std::vector<double> bootstrap_delta_cdf(std::span<const LayerScale> layers, bool center,
                                        const BootstrapOptions& options) {
  std::vector<double> values(static_cast<std::size_t>(options.samples));
  parallel_for(options.samples, options.threads, [&](std::int64_t i) {
    values[static_cast<std::size_t>(i)] = delta_cdf_of_sample(layers, center, static_cast<std::uint64_t>(i));
  });
  return values;
}

double bootstrap_p_value(double delta_cdf, std::span<const double> samples) {
  if (std::isnan(delta_cdf)) return kUndefined;
  const auto reached = std::ranges::count_if(samples, [&](double value) { return value >= delta_cdf; });
  return static_cast<double>(1 + reached) / static_cast<double>(1 + samples.size());
}

}  // namespace mirrortune
