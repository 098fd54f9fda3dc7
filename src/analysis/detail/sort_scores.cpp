#include "analysis/detail/sort_scores.h"

#include <algorithm>
#include <array>
#include <bit>
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

/// Moves the numbers to `to`, those of the same digit side by side, digits rising; digit_of(place) <
/// ends.size(). `ends` must be zeros, and tells where in `to` each digit's numbers end.
template <class DigitOf>
void distribute(std::span<const double> numbers, std::span<double> to, const Places& place_of,
                std::span<std::uint32_t> ends, DigitOf digit_of) {
  for_each_place(numbers, place_of, [&](double, std::int32_t place) { ++ends[digit_of(place)]; });
  std::uint32_t before = 0;
  for (auto& end : ends) before += std::exchange(end, before);
  for_each_place(numbers, place_of,
                 [&](double number, std::int32_t place) { to[ends[digit_of(place)]++] = number; });
}

/// Sorts numbers of which only those of one digit may be out of order.
template <class DigitOf>
void sort_within_digits(std::span<double> numbers, const Places& place_of, DigitOf digit_of) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] >= numbers[i - 1]) continue;
    const auto digit = digit_of(place_of(numbers[i]));
    std::size_t begin = i - 1, end = i + 1;
    while (begin > 0 && digit_of(place_of(numbers[begin - 1])) == digit) --begin;
    while (end < numbers.size() && digit_of(place_of(numbers[end])) == digit) ++end;
    const auto here = numbers.subspan(begin, end - begin);
    std::sort(here.begin(), here.end());
    i = end;
  }
}

/// Sorts numbers whose places have the same high digit into `to`, by as many bits of the low one as leave
/// about one number to each digit.
void sort_low_digits(std::span<const double> numbers, std::span<double> to, const Places& place_of) {
  const int bits = std::min(static_cast<int>(std::bit_width(numbers.size())), kDigitBits);
  const auto digit_of = [shift = kDigitBits - bits](std::int32_t place) {
    return (static_cast<std::size_t>(place) % kDigits) >> shift;
  };
  std::array<std::uint32_t, kDigits> ends;
  const auto used = std::span(ends).first(std::size_t{1} << bits);
  std::ranges::fill(used, 0);
  distribute(numbers, to, place_of, used, digit_of);
  sort_within_digits(to, place_of, digit_of);
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
  std::vector<double> by_high(numbers.size());
  std::array<std::uint32_t, kDigits> ends{};
  distribute(numbers, by_high, place_of, ends,
             [](std::int32_t place) { return static_cast<std::size_t>(place) / kDigits; });
  std::size_t begin = 0;
  for (const std::size_t end : ends) {  // the numbers of one high digit stay in the first-level cache
    sort_low_digits(std::span(by_high).subspan(begin, end - begin), numbers.subspan(begin, end - begin),
                    place_of);
    begin = end;
  }
}

}  // namespace mirrortune::detail
