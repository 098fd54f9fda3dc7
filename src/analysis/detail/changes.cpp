#include "analysis/detail/changes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <variant>

#include "analysis/detail/lanes.h"
#include "analysis/detail/log_sizes.h"
#include "analysis/detail/vector_code.h"
#include "base/error.h"
#include "base/stop.h"
#include "weights/rounding.h"

namespace mirrortune::detail {
namespace {

constexpr std::size_t kBlock = 4096;  ///< weights; the buffers of a block stay in the second-level cache

/// Moves the places where `keep` says so to the front of all the arrays; returns their number.
template <class Keep, class... Arrays>
std::size_t compact(std::size_t count, Keep keep, Arrays&... arrays) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!keep(i)) continue;
    ((arrays[kept] = arrays[i]), ...);
    ++kept;
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

void stop_if_asked() {
  if (stop_requested())
    throw StoppedError({.what = "the analysis was stopped", .todo = "Run it again to finish"});
}

CountedPairs count_pairs_of(const LayerPairs& pairs, const Piece& piece) {
  const auto count = static_cast<std::size_t>(piece.end - piece.begin);
  std::vector<std::uint16_t> initial(count), final_weights(count);
  pairs.read(pairs.layers()[piece.layer], piece.begin, std::span(initial), std::span(final_weights));
  return count_pairs(initial, final_weights);
}

}  // namespace

void WeightBlock::resize(std::size_t count) {
  for (auto* buffer : {&initial_, &final_, &counts_, &initial_duals_, &changes_, &kept_counts_,
                       &initial_logs_, &final_logs_}) {
    buffer->resize(std::max(buffer->size(), count));
  }
  count_ = count;
  has_logs_ = false;
}

void WeightBlock::read(const LayerPairs& pairs, const LayerPair& layer, std::int64_t begin,
                       std::int64_t end) {
  resize(static_cast<std::size_t>(end - begin));
  counted_ = false;
  pairs.read(layer, begin, std::span(initial_).first(count_), std::span(final_).first(count_));
  leave_out_nonfinite();
}

void WeightBlock::take(const LayerPair& layer, const CountedPairs& counted, std::size_t begin,
                       std::size_t end) {
  resize(end - begin);
  counted_ = true;
  const auto numbers = [&](DType dtype, std::span<const std::uint16_t> bits, std::span<double> out) {
    to_numbers(dtype, std::as_bytes(bits.subspan(begin, count_)), out.first(count_));
  };
  numbers(layer.initial->dtype, counted.initial, initial_);
  numbers(layer.final_weights->dtype, counted.final_weights, final_);
  std::copy_n(counted.counts.begin() + static_cast<std::ptrdiff_t>(begin), count_, counts_.begin());
  leave_out_nonfinite();
}

void WeightBlock::leave_out_nonfinite() {
  nonfinite_ = 0;
  if (all_finite(initial()) && all_finite(final_weights())) return;
  const auto is_finite = [this](std::size_t i) {
    const bool finite = std::isfinite(initial_[i]) && std::isfinite(final_[i]);
    if (!finite) nonfinite_ += counted_ ? static_cast<std::int64_t>(counts_[i]) : 1;
    return finite;
  };
  count_ = compact(count_, is_finite, initial_, final_, counts_);
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
  in_vector_code([&] {
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
  });
  if (all_finite(change)) return {.initial = before, .changes = change, .counts = counts()};
  std::copy_n(counts_.begin(), count_, kept_counts_.begin());
  const std::size_t kept = compact(
      count_, [&](std::size_t i) { return std::isfinite(change[i]); }, change, before, kept_counts_);
  return {.initial = before.first(kept),
          .changes = change.first(kept),
          .counts = {kept_counts_.data(), counted_ ? kept : 0}};
}

void for_each_block(const LayerPairs& pairs, const Piece& piece,
                    const std::function<void(WeightBlock&)>& body) {
  const LayerPair& layer = pairs.layers()[piece.layer];
  WeightBlock block;
  constexpr auto kStep = static_cast<std::int64_t>(kBlock);
  for (std::int64_t begin = piece.begin; begin < piece.end; begin += kStep) {
    stop_if_asked();
    block.read(pairs, layer, begin, std::min(begin + kStep, piece.end));
    body(block);
  }
}

void for_each_counted_block(const LayerPairs& pairs, const Piece& piece,
                            const std::function<void(WeightBlock&)>& body) {
  const LayerPair& layer = pairs.layers()[piece.layer];
  if (!has_16_bits(layer.initial->dtype) || !has_16_bits(layer.final_weights->dtype)) {
    return for_each_block(pairs, piece, body);
  }
  const CountedPairs counted = count_pairs_of(pairs, piece);
  const std::size_t count = counted.counts.size();
  WeightBlock block;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    stop_if_asked();
    block.take(layer, counted, begin, std::min(begin + kBlock, count));
    body(block);
  }
}

}  // namespace mirrortune::detail
