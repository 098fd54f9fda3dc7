#include "analysis/detail/evaluate.h"

#include <algorithm>
#include <cmath>

#include "analysis/detail/changes.h"
#include "analysis/detail/first_pass.h"
#include "analysis/detail/summary.h"
#include "analysis/floor.h"
#include "base/parallel.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

/// A layer's part of a row.
struct Segment {
  std::size_t layer;
  Scoring scoring;
};

/// A row whose scores are still to be counted.
struct Target {
  std::size_t potential;
  ChangeStatistics* row;
  std::vector<Segment> segments;
};

bool is_defined(const LayerSums& layer, std::size_t potential) {
  return Scoring::of(layer.changes[potential].moments, /*center=*/false).defined();
}

double magnitude_of(double change_squares, double initial_squares) {
  return initial_squares > 0 ? std::sqrt(change_squares / initial_squares) : kUndefined;
}

/// Everything of a layer's row but its distances.
ChangeStatistics layer_row(const LayerSums& layer, std::size_t potential, bool center) {
  ChangeStatistics row;
  const auto& change = layer.changes[potential];
  set_moments(row, change.moments);
  row.magnitude = magnitude_of(change.moments.sum_of_squares(), change.initial_squares);
  row.zeros = layer.zeros;
  row.sign_flips = layer.sign_flips;
  row.log_sd_w0 = layer.log_initial.sd();
  const LayerScale scale{change.moments.n, change.moments.sd()};
  if (is_defined(layer, potential)) row.floor_pooled = gaussian_floor({&scale, 1}, center);
  return row;
}

/// The sums of a pool of layers under one potential.
struct Pool {
  Moments moments;
  double initial_squares = 0;
  std::vector<LayerScale> scales;
  std::vector<Segment> segments;
};

/// `standardise`: each layer is divided by its sd first; a layer without one is left out.
Pool pool_layers(const std::vector<LayerSums>& layers, std::size_t potential, bool standardise) {
  Pool pool;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& change = layers[i].changes[potential];
    if (change.moments.n == 0 || (standardise && !is_defined(layers[i], potential))) continue;
    const double sd = change.moments.n > 1 ? change.moments.sd() : 0.0;
    const double unit = standardise ? sd : 1.0;
    pool.moments.merge(change.moments.standardised(0, unit));
    pool.initial_squares += change.initial_squares / (unit * unit);
    pool.scales.push_back({change.moments.n, sd / unit});
    pool.segments.push_back({i, Scoring{.unit = unit}});
  }
  return pool;
}

ChangeStatistics pooled_row(const std::vector<LayerSums>& layers, const Pool& pool, bool center) {
  ChangeStatistics row;
  set_moments(row, pool.moments);
  row.magnitude = magnitude_of(pool.moments.sum_of_squares(), pool.initial_squares);
  Moments log_initial;
  for (const auto& layer : layers) {
    row.zeros += layer.zeros;
    row.sign_flips += layer.sign_flips;
    log_initial.merge(layer.log_initial);
  }
  row.log_sd_w0 = log_initial.sd();
  row.floor_pooled = gaussian_floor(pool.scales, center);
  return row;
}

/// Of the values that are no NaN; NaN if there are none.
double median_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return kUndefined;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::int64_t lower_median_of(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

ChangeStatistics median_row(const std::vector<ChangeStatistics>& layers) {
  ChangeStatistics row;
  const auto take = [&](auto member, auto median) {
    std::vector<std::remove_reference_t<decltype(row.*member)>> values;
    for (const auto& layer : layers) values.push_back(layer.*member);
    row.*member = median(std::move(values));
  };
  for (const auto member : {&ChangeStatistics::n, &ChangeStatistics::zeros, &ChangeStatistics::sign_flips}) {
    take(member, lower_median_of);
  }
  for (const auto member :
       {&ChangeStatistics::delta_cdf, &ChangeStatistics::w1, &ChangeStatistics::floor_ratio,
        &ChangeStatistics::magnitude, &ChangeStatistics::mean, &ChangeStatistics::sd, &ChangeStatistics::skew,
        &ChangeStatistics::excess_kurtosis, &ChangeStatistics::log_sd_w0, &ChangeStatistics::floor_pooled}) {
    take(member, median_of);
  }
  for (const auto& layer : layers) row.w1_error = std::max(row.w1_error, layer.w1_error);
  return row;
}

std::string counted(std::int64_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

void add_notes(const LayerPairs& pairs, const std::vector<LayerSums>& layers,
               const EvaluationRequest& request, std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i];
    const std::string name = "layer " + printable(pairs.layers()[i].name) + ": ";
    if (layer.nonfinite > 0) {
      notes.push_back(name + counted(layer.nonfinite, "weight is", "weights are") +
                      " not finite in one of the two files and left out");
    }
    std::vector<std::string> undefined, overflowing;
    for (std::size_t k = 0; k < request.potentials.size(); ++k) {
      const auto& potential = request.potentials[k];
      const auto known =
          pairs.layers()[i].elements - layer.nonfinite - (zero_is_singular(potential) ? layer.zeros : 0);
      if (layer.changes[k].moments.n < known) overflowing.push_back(to_text(potential));
      if (!is_defined(layer, k)) undefined.push_back(to_text(potential));
    }
    if (!overflowing.empty()) {
      notes.push_back(name + "changes beyond the range of double are left out under " +
                      join(overflowing, ", "));
    }
    if (!undefined.empty()) {
      notes.push_back(name + "its changes do not differ from each other under " + join(undefined, ", ") +
                      ", so that ΔCDF, W1, skew and kurtosis are undefined");
    }
  }
}

/// The rows of all potentials over one pair of files.
class Evaluator {
 public:
  Evaluator(const LayerPairs& pairs, const EvaluationRequest& request)
      : pairs_(pairs),
        request_(request),
        layers_(first_pass(pairs, request)),
        evaluations_(request.potentials.size()) {}

  std::vector<Evaluation> run() {
    for (std::size_t k = 0; k < evaluations_.size(); ++k) prepare(k);
    // The longest first, so that the threads end together.
    std::stable_sort(targets_.begin(), targets_.end(),
                     [](const Target& a, const Target& b) { return a.row->n > b.row->n; });
    parallel_for(static_cast<std::int64_t>(targets_.size()), request_.threads,
                 [&](std::int64_t i) { score(targets_[static_cast<std::size_t>(i)]); });
    for (auto& evaluation : evaluations_) evaluation.median = median_row(evaluation.layers);
    return std::move(evaluations_);
  }

  const std::vector<LayerSums>& layers() const { return layers_; }

 private:
  /// Fills the rows of one potential but for their distances, and lists those whose scores are defined.
  void prepare(std::size_t potential) {
    auto& rows = evaluations_[potential];
    rows.layers.reserve(layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      rows.layers.push_back(layer_row(layers_[i], potential, request_.center));
      add_target({potential, &rows.layers.back(), {{i, {}}}}, layers_[i].changes[potential].moments);
    }
    auto raw = pool_layers(layers_, potential, /*standardise=*/false);
    rows.all = pooled_row(layers_, raw, request_.center);
    add_target({potential, &rows.all, std::move(raw.segments)}, raw.moments);
    auto standardised = pool_layers(layers_, potential, /*standardise=*/true);
    rows.all_standardised = pooled_row(layers_, standardised, request_.center);
    add_target({potential, &rows.all_standardised, std::move(standardised.segments)}, standardised.moments);
  }

  void add_target(Target target, const Moments& moments) {
    const auto scoring = Scoring::of(moments, request_.center);
    if (!scoring.defined()) return;
    for (auto& segment : target.segments) {
      segment.scoring.shift = scoring.shift;
      segment.scoring.scale = scoring.scale;
    }
    targets_.push_back(std::move(target));
  }

  void score(const Target& target) const {
    ScoreSummary summary(target.row->n);
    DualChanges dual;
    for (const auto& segment : target.segments) {
      const auto& layer = pairs_.layers()[segment.layer];
      for_each_block(pairs_, layer, 0, layer.elements, [&](const WeightBlock& block) {
        dual.compute(request_.potentials[target.potential], block);
        summary.add(segment.scoring, dual.changes());
      });
    }
    summary.finish(*target.row, request_.center);
  }

  const LayerPairs& pairs_;
  const EvaluationRequest& request_;
  std::vector<LayerSums> layers_;
  std::vector<Evaluation> evaluations_;
  std::vector<Target> targets_;
};

}  // namespace

std::vector<Evaluation> evaluate(const LayerPairs& pairs, const EvaluationRequest& request,
                                 std::vector<std::string>& notes) {
  Evaluator evaluator(pairs, request);
  auto evaluations = evaluator.run();
  add_notes(pairs, evaluator.layers(), request, notes);
  return evaluations;
}

}  // namespace mirrortune::detail
