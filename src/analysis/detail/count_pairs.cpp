#include "analysis/detail/count_pairs.h"

#include <array>
#include <cstddef>
#include <utility>

namespace mirrortune::detail {
namespace {

constexpr std::array<int, 3> kDigitShifts = {0, 11, 22};
constexpr std::size_t kDigits = std::size_t{1} << 11;

std::size_t digit(std::uint32_t pair, int shift) { return (pair >> shift) % kDigits; }

void sort_pairs(std::vector<std::uint32_t>& pairs) {
  std::array<std::array<std::uint32_t, kDigits>, kDigitShifts.size()> starts{};
  for (const auto pair : pairs) {
    for (std::size_t d = 0; d < kDigitShifts.size(); ++d) ++starts[d][digit(pair, kDigitShifts[d])];
  }
  std::vector<std::uint32_t> moved(pairs.size());
  for (std::size_t d = 0; d < kDigitShifts.size(); ++d) {
    std::uint32_t before = 0;
    for (auto& start : starts[d]) before += std::exchange(start, before);
    for (const auto pair : pairs) moved[starts[d][digit(pair, kDigitShifts[d])]++] = pair;
    pairs.swap(moved);
  }
}

}  // namespace

CountedPairs count_pairs(std::span<const std::uint16_t> initial,
                         std::span<const std::uint16_t> final_weights) {
  std::vector<std::uint32_t> pairs(initial.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = (std::uint32_t{initial[i]} << 16) | final_weights[i];
  }
  sort_pairs(pairs);
  CountedPairs counted;
  for (std::size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
    while (end < pairs.size() && pairs[end] == pairs[begin]) ++end;
    counted.initial.push_back(static_cast<std::uint16_t>(pairs[begin] >> 16));
    counted.final_weights.push_back(static_cast<std::uint16_t>(pairs[begin]));
    counted.counts.push_back(static_cast<double>(end - begin));
  }
  return counted;
}

}  // namespace mirrortune::detail
