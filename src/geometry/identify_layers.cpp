#include "geometry/identify_layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "base/quantile.h"
#include "base/stop.h"
#include "base/stream.h"
#include "base/text.h"

#include "geometry/detail/grid_maximum.h"
#include "geometry/detail/layer_likelihood.h"

namespace mirrortune {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kFirstLambda = -1.0, kLambdaStep = 0.2;
constexpr int kLambdas = 23;
constexpr std::size_t kFewestRows = 8;       // for a bootstrap over rows
constexpr std::int64_t kFewestWeights = 50;  // for an estimate
constexpr double kManyUnchanged = 0.15;

std::vector<double> lambda_grid() {
  std::vector<double> grid;
  for (int i = 0; i < kLambdas; ++i) grid.push_back(kFirstLambda + kLambdaStep * i);
  return grid;
}

double lambda_at(double place) { return kFirstLambda + kLambdaStep * place; }

/// ln p of the rows of a layer at every λ of the grid.
struct LayerCurves {
  std::vector<std::vector<double>> rows;  ///< [row][λ]
  std::vector<double> drifts;             ///< by λ

  std::vector<double> total() const {
    std::vector<double> sums(kLambdas, 0.0);
    for (const auto& row : rows) add(sums, row);
    return sums;
  }
  static void add(std::vector<double>& sums, const std::vector<double>& row) {
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += row[k];
  }
  /// Of as many rows as there are, drawn with replacement.
  void add_resampled(const Stream& stream, std::uint64_t& draw, std::vector<double>& sums) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      add(sums, rows[static_cast<std::size_t>(stream.below(draw++, rows.size()))]);
    }
  }
};

LayerCurves curves_of(const detail::LayerLikelihood& likelihood) {
  LayerCurves curves;
  curves.rows.resize(likelihood.rows());
  for (const double lambda : lambda_grid()) {
    if (stop_requested()) throw StoppedError({.what = "stopped on request", .safe = "Nothing was written"});
    const auto result = likelihood.at(lambda);
    for (std::size_t i = 0; i < curves.rows.size(); ++i) curves.rows[i].push_back(result.rows[i]);
    curves.drifts.push_back(result.drift);
  }
  return curves;
}

Interval bootstrap_rows(const LayerCurves& curves, const std::string& name, const LayersOptions& options) {
  if (curves.rows.size() < kFewestRows || options.resamples == 0) return {kUnknown, kUnknown};
  std::vector<double> lambdas;
  for (int i = 0; i < options.resamples; ++i) {
    const Stream stream(options.seed, "bootstrap rows of " + name, static_cast<std::uint64_t>(i));
    std::vector<double> sums(kLambdas, 0.0);
    std::uint64_t draw = 0;
    curves.add_resampled(stream, draw, sums);
    lambdas.push_back(lambda_at(detail::grid_maximum(sums)));
  }
  return percentile_interval(std::move(lambdas));
}

/// Where the interpolated profile falls by kProfileDrop on each side of its maximum.
Interval profile_interval(std::span<const double> profile) {
  const double top = detail::grid_maximum(profile);
  const double level = detail::grid_value(profile, top) - kProfileDrop;
  const auto end = [&](double side) {
    const double last = side < 0 ? 0.0 : static_cast<double>(profile.size() - 1);
    double near = top, far = top;
    for (double step = 1e-3; detail::grid_value(profile, far) > level; step *= 2) {
      if (far == last) return side * std::numeric_limits<double>::infinity();
      near = far;
      far = side < 0 ? std::max(last, top - step) : std::min(last, top + step);
    }
    for (int turn = 0; turn < 40; ++turn) {
      const double middle = (near + far) / 2;
      (detail::grid_value(profile, middle) > level ? near : far) = middle;
    }
    return lambda_at(far);
  };
  return {end(-1), end(+1)};
}

/// A layer and ln p of its rows as a layer that is not normalised, and as one that is.
struct LayerWork {
  LayerGeometry geometry;
  std::int64_t changed = 0;  ///< of the n
  std::array<LayerCurves, 2> curves = {};

  bool known() const { return changed >= kFewestWeights; }
};

LayerWork look_at_layer(const LayerPairs& pairs, const LayerPair& layer, const LayersOptions& options) {
  const auto weights = detail::read_layer(pairs, layer, options.max_weights);
  LayerWork work{.geometry = {.layer = layer.name,
                              .weights = layer.elements,
                              .lambda = kUnknown,
                              .interval = {kUnknown, kUnknown},
                              .profile_interval = {kUnknown, kUnknown},
                              .drift = kUnknown}};
  for (const bool normalised : {false, true}) {
    if (options.normalised == (normalised ? Normalised::no : Normalised::yes)) continue;
    const detail::LayerLikelihood likelihood(
        weights, {.rows_and_columns = options.scales == ChangeScales::rows_and_columns,
                  .drift = options.drift,
                  .normalised = normalised});
    work.changed = likelihood.changed();
    work.geometry.n = likelihood.n();
    work.geometry.rounded = likelihood.rounded();
    work.geometry.zeros = likelihood.zeros();
    work.geometry.unchanged = likelihood.unchanged();
    work.geometry.nonfinite = likelihood.nonfinite();
    work.geometry.sparse = likelihood.sparse();
    work.geometry.flips = likelihood.flips();
    work.geometry.log_sd = likelihood.log_sd();
    if (work.known()) work.curves[normalised] = curves_of(likelihood);
  }
  return work;
}

std::vector<double> total_profile(const std::vector<LayerWork>& work, bool normalised) {
  std::vector<double> sums(kLambdas, 0.0);
  for (const auto& layer : work) {
    if (layer.known()) LayerCurves::add(sums, layer.curves[normalised].total());
  }
  return sums;
}

bool is_normalised(const std::vector<LayerWork>& work, Normalised asked) {
  if (asked != Normalised::automatic) return asked == Normalised::yes;
  const auto greatest = [&](bool normalised) {
    const auto profile = total_profile(work, normalised);
    return detail::grid_value(profile, detail::grid_maximum(profile));
  };
  return greatest(true) > greatest(false);
}

void estimate_layer(LayerGeometry& geometry, const LayerCurves& curves, const LayersOptions& options) {
  const auto profile = curves.total();
  const double place = detail::grid_maximum(profile);
  geometry.lambda = lambda_at(place);
  geometry.profile_interval = profile_interval(profile);
  geometry.interval = bootstrap_rows(curves, geometry.layer, options);
  geometry.drift = curves.drifts[static_cast<std::size_t>(std::lround(place))];
}

/// Layers drawn with replacement, and the rows in each.
Interval bootstrap_layers(const std::vector<const LayerCurves*>& layers, const LayersOptions& options) {
  if (options.resamples == 0) return {kUnknown, kUnknown};
  std::vector<double> lambdas(static_cast<std::size_t>(options.resamples));
  parallel_for(options.resamples, options.threads, [&](std::int64_t i) {
    const Stream stream(options.seed, "bootstrap layers", static_cast<std::uint64_t>(i));
    std::vector<double> sums(kLambdas, 0.0);
    std::uint64_t draw = 0;
    for (std::size_t k = 0; k < layers.size(); ++k) {
      const auto& layer = *layers[static_cast<std::size_t>(stream.below(draw++, layers.size()))];
      layer.add_resampled(stream, draw, sums);
    }
    lambdas[static_cast<std::size_t>(i)] = lambda_at(detail::grid_maximum(sums));
  });
  return percentile_interval(std::move(lambdas));
}

void add_notes(const LayersIdentification& result, std::vector<std::string>& notes) {
  std::vector<std::string> unknown, rounded, still, cut;
  for (const auto& layer : result.layers) {
    // Unchanged weights that were rounded are part of n.
    const std::int64_t unchanged_apart = layer.rounded ? 0 : layer.unchanged;
    const auto looked_at =
        static_cast<double>(layer.n + layer.zeros + unchanged_apart + layer.nonfinite + layer.sparse);
    if (std::isnan(layer.lambda)) unknown.push_back(layer.layer);
    if (layer.rounded) rounded.push_back(layer.layer);
    if (static_cast<double>(unchanged_apart) > kManyUnchanged * looked_at) still.push_back(layer.layer);
    if (looked_at < static_cast<double>(layer.weights)) cut.push_back(layer.layer);
  }
  const auto say = [&](const std::vector<std::string>& names, const std::string& what) {
    if (!names.empty()) notes.push_back(what + ": " + join(names, ", "));
  };
  say(unknown,
      "fewer than " + std::to_string(kFewestWeights) + " weights changed, so that lambda is not known");
  say(rounded,
      "the weights after are rounded to 16 bits: what counts is the probability of what is rounded to each");
  say(still,
      "more than 15 % of the weights looked at are unchanged, and left out: that misleads the estimate");
  say(cut, "estimated from evenly spaced rows and columns");
}

}  // namespace

LayersIdentification identify_layers(const std::filesystem::path& init,
                                     const std::filesystem::path& final_weights,
                                     const LayersOptions& options) {
  const LayerPairs pairs(init, final_weights, options.layers);
  std::vector<LayerWork> work(pairs.layers().size());
  const auto for_each_layer = [&](const auto& body) {
    parallel_for(static_cast<std::int64_t>(work.size()), options.threads,
                 [&](std::int64_t i) { body(static_cast<std::size_t>(i)); });
  };
  for_each_layer([&](std::size_t i) { work[i] = look_at_layer(pairs, pairs.layers()[i], options); });
  const bool normalised = is_normalised(work, options.normalised);
  for_each_layer([&](std::size_t i) {
    if (work[i].known()) estimate_layer(work[i].geometry, work[i].curves[normalised], options);
  });
  LayersIdentification result{.layers = {},
                              .lambda = kUnknown,
                              .interval = {kUnknown, kUnknown},
                              .median = kUnknown,
                              .normalised = normalised,
                              .grid = lambda_grid(),
                              .profile = total_profile(work, normalised),
                              .notes = pairs.notes()};
  std::vector<const LayerCurves*> known;
  std::vector<double> lambdas;
  for (const auto& layer : work) {
    result.layers.push_back(layer.geometry);
    if (!layer.known()) continue;
    known.push_back(&layer.curves[normalised]);
    lambdas.push_back(layer.geometry.lambda);
  }
  add_notes(result, result.notes);
  if (known.empty()) return result;
  result.lambda = lambda_at(detail::grid_maximum(result.profile));
  result.interval = bootstrap_layers(known, options);
  result.median = median_of(std::move(lambdas));
  const double top = *std::max_element(result.profile.begin(), result.profile.end());
  for (double& value : result.profile) value -= top;
  return result;
}

}  // namespace mirrortune
