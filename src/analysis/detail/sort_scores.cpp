#include "analysis/detail/sort_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace mirrortune::detail {
namespace {

constexpr int kDigitBits = 11;  ///< the write ends of 2¹¹ lists stay in the second-level cache
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
constexpr double kPlaces = static_cast<double>(kDigits * kDigits);

/// Where a number lies among kPlaces places; never falls when the number grows.
class Places {
 public:
  Places(double center, double spread) : center_(center), per_unit_(kPlaces / 16 / spread) {}
  bool usable() const { return std::isnormal(per_unit_); }
  std::int32_t operator()(double number) const {
    const double place = (number - center_) * per_unit_ + kPlaces / 2;
    return static_cast<std::int32_t>(std::min(std::max(place, 0.0), kPlaces - 1));
  }

 private:
  double center_;
  double per_unit_;
};

std::size_t low_digit(std::int32_t place) { return static_cast<std::size_t>(place) % kDigits; }
std::size_t high_digit(std::int32_t place) { return static_cast<std::size_t>(place) / kDigits; }

/// Calls body(number, place) for each number in order.
template <class Body>
void for_each_place(std::span<const double> numbers, const Places& place_of, Body body) {
  constexpr std::size_t kTile = 1024;  // the places are found in a loop of their own, which is vector code
  std::array<std::int32_t, kTile> places;
  for (std::size_t begin = 0; begin < numbers.size(); begin += kTile) {
    const auto tile = numbers.subspan(begin, std::min(kTile, numbers.size() - begin));
    for (std::size_t i = 0; i < tile.size(); ++i) places[i] = place_of(tile[i]);
    for (std::size_t i = 0; i < tile.size(); ++i) body(tile[i], places[i]);
  }
}

/// Of each digit the first place in the output, from the numbers of each.
using Starts = std::array<std::uint32_t, kDigits>;
void counts_to_starts(Starts& counts) {
  std::uint32_t before = 0;
  for (auto& count : counts) before += std::exchange(count, before);
}

/// Sorts numbers whose places rise already: only those of one place may be out of order.
void sort_within_places(std::span<double> numbers, const Places& place_of) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] >= numbers[i - 1]) continue;
    const auto place = place_of(numbers[i]);
    std::size_t begin = i - 1, end = i + 1;
    while (begin > 0 && place_of(numbers[begin - 1]) == place) --begin;
    while (end < numbers.size() && place_of(numbers[end]) == place) ++end;
    const auto here = numbers.subspan(begin, end - begin);
    std::sort(here.begin(), here.end());
    i = end;
  }
}

}  // namespace

void sort_numbers(std::span<double> numbers, double center, double spread) {
  constexpr std::size_t kFew = 2000, kMost = std::size_t{1} << 31;  // the digits' lists cost as much as few
  if (std::is_sorted(numbers.begin(), numbers.end())) return;
  const Places place_of(center, spread);
  if (numbers.size() < kFew || numbers.size() > kMost || !place_of.usable()) {
    std::sort(numbers.begin(), numbers.end());
    return;
  }
  Starts low{}, high{};
  for_each_place(numbers, place_of, [&](double, std::int32_t place) {
    ++low[low_digit(place)];
    ++high[high_digit(place)];
  });
  counts_to_starts(low);
  counts_to_starts(high);
  std::vector<double> by_low(numbers.size());
  for_each_place(numbers, place_of,
                 [&](double number, std::int32_t place) { by_low[low[low_digit(place)]++] = number; });
  for_each_place(by_low, place_of,
                 [&](double number, std::int32_t place) { numbers[high[high_digit(place)]++] = number; });
  sort_within_places(numbers, place_of);
}

}  // namespace mirrortune::detail
