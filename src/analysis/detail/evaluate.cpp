#include "analysis/detail/evaluate.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "analysis/bootstrap.h"
#include "analysis/detail/changes.h"
#include "analysis/detail/evaluation_notes.h"
#include "analysis/detail/first_pass.h"
#include "analysis/detail/row_sums.h"
#include "analysis/detail/sort_scores.h"
#include "analysis/detail/summary.h"
#include "base/parallel.h"

namespace mirrortune::detail {
namespace {

/// What one thread takes at a time: a layer, or a piece of one that is large under every potential. The
/// scores of a row are kept only while they are at most kExactLimit; so a layer's are never waited for by
/// another thread.
struct Unit {
  Piece piece;
  std::size_t place;  ///< among the units of its layer
};

constexpr std::int64_t kUnit = 1 << 20;  ///< weights of a piece

/// Scores that are still to be counted, and the rows that they are for.
struct Target {
  Target(ChangeStatistics& row, bool of_several_layers, std::int64_t n, std::size_t parts)
      : rows{&row}, pooled(of_several_layers), summary(n, parts) {}
  std::vector<ChangeStatistics*> rows;
  const bool pooled;
  ScoreSummary summary;
};

/// What a layer's changes under one potential add to a row.
struct Share {
  Target* target;
  Scoring scoring;
  std::size_t first_place;  ///< of the layer's units among the parts of the row
};

/// The rows of all potentials over one pair of files.
class Evaluator {
 public:
  Evaluator(const LayerPairs& pairs, const EvaluationRequest& request)
      : pairs_(pairs),
        request_(request),
        layers_(first_pass(pairs, request)),
        evaluations_(request.potentials.size()),
        shares_(request.potentials.size(), std::vector<std::vector<Share>>(layers_.size())) {}

  std::vector<Evaluation> run() {
    for (std::size_t i = 0; i < layers_.size(); ++i) cut(i);
    for (std::size_t k = 0; k < evaluations_.size(); ++k) prepare(k);
    parallel_for(static_cast<std::int64_t>(units_.size()), request_.threads,
                 [&](std::int64_t i) { score(units_[static_cast<std::size_t>(i)]); });
    parallel_for(static_cast<std::int64_t>(targets_.size()), request_.threads, [&](std::int64_t i) {
      auto& target = *targets_[static_cast<std::size_t>(i)];
      if (target.pooled) target.summary.finish(target.rows, request_.center);
    });
    for (const auto& resampled : resampled_) bootstrap(resampled);
    for (auto& evaluation : evaluations_) evaluation.median = median_row(evaluation.layers);
    return std::move(evaluations_);
  }

  const std::vector<LayerSums>& layers() const { return layers_; }

 private:
  void cut(std::size_t layer) {
    const std::int64_t elements = pairs_.layers()[layer].elements;
    const bool large = std::ranges::all_of(layers_[layer].changes,
                                           [](const auto& change) { return change.moments.n > kExactLimit; });
    const std::int64_t step = large ? kUnit : std::max<std::int64_t>(elements, 1);
    std::size_t place = 0;
    for (std::int64_t begin = 0; begin < elements; begin += step) {
      units_.push_back({.piece = {.layer = layer, .begin = begin, .end = std::min(begin + step, elements)},
                        .place = place++});
    }
    parts_.push_back(place);
  }

  /// Fills the rows of one potential but for what their scores say.
  void prepare(std::size_t potential) {
    auto& rows = evaluations_[potential];
    rows.layers.reserve(layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      rows.layers.push_back(layer_row(layers_[i], potential, request_.center));
      Pool alone;
      alone.moments = layers_[i].changes[potential].moments;
      alone.layers = {i};
      alone.units = {1.0};
      add_target(rows.layers.back(), potential, alone);
    }
    rows.groups.resize(request_.groups.size());
    for (std::size_t i = 0; i < rows.groups.size(); ++i) {
      add_pool(rows.groups[i], potential, request_.groups[i].layers, /*standardise=*/false);
    }
    std::vector<std::size_t> every(layers_.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    add_pool(rows.all, potential, every, /*standardise=*/false);
    add_pool(rows.all_standardised, potential, every, /*standardise=*/true);
  }

  void add_pool(ChangeStatistics& row, std::size_t potential, std::span<const std::size_t> members,
                bool standardise) {
    const auto pool = pool_layers(layers_, members, potential, standardise);
    row = pooled_row(layers_, members, pool, request_.center);
    const bool defined = add_target(row, potential, pool);
    if (defined && !standardise && request_.bootstrap > 0) resampled_.push_back({&row, pool.scales});
  }

  /// False if the row has no scores. The row of a layer comes before those of its pools.
  bool add_target(ChangeStatistics& row, std::size_t potential, const Pool& pool) {
    auto scoring = Scoring::of(pool.moments, request_.center);
    if (!scoring.defined()) return false;
    std::size_t parts = 0;
    for (const std::size_t layer : pool.layers) parts += parts_[layer];
    const bool pooled = pool.layers.size() > 1;
    auto& first_shares = shares_[potential][pool.layers.front()];
    if (!pooled && !first_shares.empty()) {  // the scores of a pool of one layer are those of the layer
      first_shares.front().target->rows.push_back(&row);
      return true;
    }
    targets_.push_back(std::make_unique<Target>(row, pooled, pool.moments.n, parts));
    std::size_t first_place = 0;
    for (std::size_t i = 0; i < pool.layers.size(); ++i) {
      scoring.unit = pool.units[i];
      shares_[potential][pool.layers[i]].push_back({targets_.back().get(), scoring, first_place});
      first_place += parts_[pool.layers[i]];
    }
    return true;
  }

  /// One layer's scores under one potential, for each row that they belong to.
  struct LayerScores {
    LayerScores(std::size_t its_potential, std::span<const Share> its_shares)
        : potential(its_potential), shares(its_shares) {
      for (const auto& share : shares) parts.push_back(share.target->summary.part());
    }
    /// `counts`: how often each occurs; empty: once.
    void add(std::span<const double> changes, std::span<const double> counts = {}) {
      for (std::size_t i = 0; i < shares.size(); ++i) parts[i].add(shares[i].scoring, changes, counts);
    }

    /// The same of all changes at once.
    void take(std::vector<double> changes) {
      for (std::size_t i = 1; i < shares.size(); ++i) parts[i].add(shares[i].scoring, changes);
      parts[0].take(shares[0].scoring, std::move(changes));
    }

    std::size_t potential;
    std::span<const Share> shares;
    std::vector<ScorePart> parts;
  };

  void score(const Unit& unit) const {
    std::vector<LayerScores> counted;
    for (std::size_t k = 0; k < request_.potentials.size(); ++k) {
      const auto& shares = shares_[k][unit.piece.layer];
      if (shares.empty()) continue;
      if (layers_[unit.piece.layer].changes[k].moments.n <= kExactLimit) {
        score_sorted(unit, {k, shares});
      } else {
        counted.emplace_back(k, shares);
      }
    }
    if (counted.empty()) return;
    for_each_counted_block(pairs_, unit.piece, [&](WeightBlock& block) {
      for (auto& scores : counted) {
        const auto dual = block.dual_changes(request_.potentials[scores.potential]);
        scores.add(dual.changes, dual.counts);
      }
    });
    for (auto& scores : counted) hand_in(unit, scores);
  }

  /// A layer that is small under this potential is sorted once, for all of its rows. Its weights are read
  /// anew: they are still in the page cache, and the changes of all potentials would take more memory.
  void score_sorted(const Unit& unit, LayerScores scores) const {
    const auto& moments = layers_[unit.piece.layer].changes[scores.potential].moments;
    std::vector<double> changes;
    changes.reserve(static_cast<std::size_t>(moments.n));
    for_each_block(pairs_, unit.piece, [&](WeightBlock& block) {
      const auto here = block.dual_changes(request_.potentials[scores.potential]).changes;
      changes.insert(changes.end(), here.begin(), here.end());
    });
    sort_numbers(changes, moments.mean, moments.sd());
    scores.take(std::move(changes));
    hand_in(unit, scores);
  }

  void hand_in(const Unit& unit, LayerScores& scores) const {
    for (std::size_t i = 0; i < scores.shares.size(); ++i) {
      const auto& share = scores.shares[i];
      auto& target = *share.target;
      const bool last = target.summary.take(share.first_place + unit.place, std::move(scores.parts[i]));
      if (last && !target.pooled) target.summary.finish(target.rows, request_.center);
    }
  }

  /// A row whose ΔCDF is compared with those of Gaussian layers of these scales.
  struct Resampled {
    ChangeStatistics* row;
    std::vector<LayerScale> scales;
  };

  void bootstrap(const Resampled& resampled) const {
    const auto samples = bootstrap_delta_cdf(resampled.scales, request_.center,
                                             {.samples = request_.bootstrap, .threads = request_.threads});
    resampled.row->p_bootstrap = bootstrap_p_value(resampled.row->delta_cdf, samples);
  }

  const LayerPairs& pairs_;
  const EvaluationRequest& request_;
  std::vector<LayerSums> layers_;
  std::vector<Evaluation> evaluations_;
  std::vector<Unit> units_;
  std::vector<std::size_t> parts_;  ///< units of each layer
  std::vector<std::unique_ptr<Target>> targets_;
  std::vector<Resampled> resampled_;
  std::vector<std::vector<std::vector<Share>>> shares_;  ///< by potential and layer
};

}  // namespace

std::vector<Evaluation> evaluate(const LayerPairs& pairs, const EvaluationRequest& request,
                                 std::vector<std::string>& notes) {
  Evaluator evaluator(pairs, request);
  auto evaluations = evaluator.run();
  add_evaluation_notes(pairs, evaluator.layers(), request.potentials, notes);
  return evaluations;
}

}  // namespace mirrortune::detail
