#include "analysis/detail/changes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <variant>

#include "analysis/detail/lanes.h"
#include "analysis/detail/log_sizes.h"
#include "base/error.h"
#include "base/stop.h"

namespace mirrortune::detail {
namespace {

constexpr std::int64_t kBlock = 4096;  ///< weights; the buffers of a block stay in the second-level cache

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
  const auto [sum] =
      sums_in_lanes<1>(values.size(), [values](std::size_t i) { return std::array{values[i] * 0}; });
  return sum == 0;
}

/// Calls `body` with the potential; with a usual p-norm so that the compiler knows its p and makes vector
/// code of a loop over weights.
template <class Body>
void visit_for_loop(const Potential& potential, Body body) {
  const auto visit_norm = [&](const PNorm& norm) {
    if (norm.p == 1.5) return body(PNorm{1.5});
    if (norm.p == 2.0) return body(PNorm{2.0});
    if (norm.p == 2.5) return body(PNorm{2.5});
    if (norm.p == 3.0) return body(PNorm{3.0});
    body(norm);
  };
  std::visit(
      [&](const auto& chosen) {
        if constexpr (std::is_same_v<decltype(chosen), const PNorm&>) {
          visit_norm(chosen);
        } else {
          body(chosen);
        }
      },
      potential);
}

/// Whether φ'(w) follows from w and ln abs(w).
template <class Chosen>
constexpr bool takes_log = requires(const Chosen& chosen) {
  chosen.to_dual(0.0, 0.0);
};

}  // namespace

void WeightBlock::read(const LayerPairs& pairs, const LayerPair& layer, std::int64_t begin,
                       std::int64_t end) {
  const auto count = static_cast<std::size_t>(end - begin);
  for (auto* buffer : {&initial_, &final_, &initial_duals_, &changes_, &initial_logs_, &final_logs_}) {
    buffer->resize(std::max(buffer->size(), count));
  }
  const std::span before(initial_.data(), count), after(final_.data(), count);
  pairs.read(layer, begin, before, after);
  count_ = count;
  if (!all_finite(before) || !all_finite(after)) {
    count_ = compact(before, after, [](double x, double y) { return std::isfinite(x) && std::isfinite(y); });
  }
  nonfinite_ = static_cast<std::int64_t>(count - count_);
  has_logs_ = false;
}

WeightBlock::Logs WeightBlock::logs() {
  if (!has_logs_) {
    log_sizes(initial(), initial_logs_);
    log_sizes(final_weights(), final_logs_);
    has_logs_ = true;
  }
  return {.initial = {initial_logs_.data(), count_}, .final_weights = {final_logs_.data(), count_}};
}

DualChanges WeightBlock::dual_changes(const Potential& potential) {
  const std::span before(initial_duals_.data(), count_), change(changes_.data(), count_);
  visit_for_loop(potential, [&](const auto& chosen) {
    if constexpr (takes_log<std::decay_t<decltype(chosen)>>) {
      const auto [initial_log, final_log] = logs();
      for (std::size_t i = 0; i < count_; ++i) {
        before[i] = chosen.to_dual(initial_[i], initial_log[i]);
        change[i] = chosen.to_dual(final_[i], final_log[i]) - before[i];
      }
    } else {
      for (std::size_t i = 0; i < count_; ++i) before[i] = chosen.to_dual(initial_[i]);
      for (std::size_t i = 0; i < count_; ++i) change[i] = chosen.to_dual(final_[i]) - before[i];
    }
  });
  if (all_finite(change)) return {.initial = before, .changes = change};
  const std::size_t kept = compact(change, before, [](double d, double) { return std::isfinite(d); });
  return {.initial = before.first(kept), .changes = change.first(kept)};
}

void for_each_block(const LayerPairs& pairs, const LayerPair& layer, std::int64_t begin, std::int64_t end,
                    const std::function<void(WeightBlock&)>& body) {
  WeightBlock block;
  for (; begin < end; begin += kBlock) {
    if (stop_requested())
      throw StoppedError({.what = "the analysis was stopped", .todo = "Run it again to finish"});
    block.read(pairs, layer, begin, std::min(begin + kBlock, end));
    body(block);
  }
}

}  // namespace mirrortune::detail
