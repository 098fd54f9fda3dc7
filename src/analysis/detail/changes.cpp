#include "analysis/detail/changes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/stop.h"

namespace mirrortune::detail {
namespace {

constexpr std::int64_t kBlock = 8192;  ///< weights; the buffers of a block stay in the second-level cache

/// Moves the places where `keep` says so to the front of both arrays; returns their number.
template <class Keep>
std::size_t compact(std::span<double> a, std::span<double> b, Keep keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!keep(a[i], b[i])) continue;
    a[kept] = a[i];
    b[kept++] = b[i];
  }
  return kept;
}

/// NaN times 0 is NaN, and so is infinity times 0: one pass without branches.
bool all_finite(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * 0;
  return sum == 0;
}

}  // namespace

void for_each_block(const LayerPairs& pairs, const LayerPair& layer, std::int64_t begin, std::int64_t end,
                    const std::function<void(const WeightBlock&)>& body) {
  std::vector<double> initial(static_cast<std::size_t>(std::min(kBlock, end - begin)));
  std::vector<double> final_weights(initial.size());
  for (; begin < end; begin += kBlock) {
    if (stop_requested())
      throw StoppedError({.what = "the analysis was stopped", .todo = "Run it again to finish"});
    const auto count = static_cast<std::size_t>(std::min(kBlock, end - begin));
    const std::span a(initial.data(), count), b(final_weights.data(), count);
    pairs.read(layer, begin, a, b);
    std::size_t kept = count;
    if (!all_finite(a) || !all_finite(b)) {
      kept = compact(a, b, [](double x, double y) { return std::isfinite(x) && std::isfinite(y); });
    }
    body({a.first(kept), b.first(kept), static_cast<std::int64_t>(count - kept)});
  }
}

void DualChanges::compute(const Potential& potential, const WeightBlock& block) {
  count_ = block.initial.size();
  initial_.resize(std::max(initial_.size(), count_));
  changes_.resize(initial_.size());
  std::visit(
      [&](const auto& p) {
        for (std::size_t i = 0; i < count_; ++i) initial_[i] = p.to_dual(block.initial[i]);
        for (std::size_t i = 0; i < count_; ++i)
          changes_[i] = p.to_dual(block.final_weights[i]) - initial_[i];
      },
      potential);
  if (all_finite(changes())) return;
  count_ = compact(std::span(changes_.data(), count_), std::span(initial_.data(), count_),
                   [](double change, double) { return std::isfinite(change); });
}

}  // namespace mirrortune::detail
