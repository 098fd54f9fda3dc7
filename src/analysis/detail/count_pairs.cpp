#include "analysis/detail/count_pairs.h"

#include <cstddef>
#include <utility>

namespace mirrortune::detail {
namespace {

constexpr std::size_t kNumbers = std::size_t{1} << 16;

/// The second numbers of pairs, those of the same first number side by side.
struct Partners {
  std::vector<std::uint16_t> all;
  std::vector<std::uint32_t> ends;  ///< of the partners of each first number, which begin where the last end
};

Partners by_first_number(std::span<const std::uint16_t> initial,
                         std::span<const std::uint16_t> final_weights) {
  Partners partners{.all = std::vector<std::uint16_t>(initial.size()),
                    .ends = std::vector<std::uint32_t>(kNumbers)};
  for (const auto number : initial) ++partners.ends[number];
  std::uint32_t before = 0;
  for (auto& end : partners.ends) before += std::exchange(end, before);
  for (std::size_t i = 0; i < initial.size(); ++i) {
    partners.all[partners.ends[initial[i]]++] = final_weights[i];
  }
  return partners;
}

}  // namespace

CountedPairs count_pairs(std::span<const std::uint16_t> initial,
                         std::span<const std::uint16_t> final_weights) {
  const Partners partners = by_first_number(initial, final_weights);
  CountedPairs counted;
  std::vector<std::uint32_t> times(kNumbers);
  std::vector<std::uint16_t> met(kNumbers);
  std::size_t begin = 0;
  for (std::size_t number = 0; number < kNumbers; ++number) {
    std::size_t met_count = 0;
    const std::size_t end = partners.ends[number];
    for (; begin < end; ++begin) {  // without branches, which nothing could foretell
      const auto partner = partners.all[begin];
      met[met_count] = partner;
      met_count += times[partner]++ == 0;
    }
    for (const auto partner : std::span(met).first(met_count)) {
      counted.initial.push_back(static_cast<std::uint16_t>(number));
      counted.final_weights.push_back(partner);
      counted.counts.push_back(std::exchange(times[partner], 0));
    }
  }
  return counted;
}

}  // namespace mirrortune::detail
