#include "analysis/detail/sort_scores.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "analysis/detail/lanes.h"
#include "analysis/detail/vector_code.h"

namespace mirrortune::detail {
namespace {

constexpr int kHighBits = 9;  ///< the write ends of 2⁹ lists stay in the first-level cache
constexpr int kLowBits = 13;
constexpr std::size_t kHighDigits = std::size_t{1} << kHighBits, kLowDigits = std::size_t{1} << kLowBits;
constexpr std::size_t kPlaces = kHighDigits * kLowDigits;

/// Where a number lies among kPlaces places; never falls when the number grows. In units of the spread they
/// grow with the distance from the center, 16 times to twice as wide: so changes of a heavy-tailed
/// distribution, nearly all of them far nearer than one spread, lie apart as well.
class Places {
 public:
  Places(double center, double spread) : center_(center), per_unit_(1 / spread) {}
  bool usable() const { return std::isnormal(per_unit_); }
  std::int32_t operator()(double number) const {
    const double x = (number - center_) * per_unit_;
    const std::int32_t steps = (high_bits(std::min(std::fabs(x), kEnd) + kCore) - high_bits(kCore)) >> kShift;
    const std::int32_t flip = high_bits(x) >> 31;  // all ones for a negative number
    return static_cast<std::int32_t>(kPlaces / 2) + (steps ^ flip);
  }

 private:
  /// Sign, exponent and 20 bits of the mantissa: an integer that is linear between powers of two.
  static constexpr std::int32_t high_bits(double x) {
    return static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(x) >> 32);
  }
  static constexpr int kDoublings = 16;
  static constexpr double kCore = 0x1p-12, kEnd = 0x1p4 - 2 * kCore;  ///< kCore · 2^kDoublings is not reached
  static constexpr int kShift = 20 - std::countr_zero(kPlaces / 2 / kDoublings);
  double center_;
  double per_unit_;
};

bool is_sorted(std::span<const double> numbers) {
  constexpr std::size_t kBlock = 1024;
  for (std::size_t begin = 1; begin < numbers.size(); begin += kBlock) {
    const auto* block = numbers.data() + begin;
    const auto [falls] = sums_in_lanes<1>(std::min(kBlock, numbers.size() - begin), [block](std::size_t i) {
      return std::array{block[i] < *(block + i - 1) ? 1.0 : 0.0};
    });
    if (falls > 0) return false;
  }
  return true;
}

/// Calls body(number, place) for each number in order.
template <class Body>
void for_each_place(std::span<const double> numbers, const Places& place_of, Body body) {
  constexpr std::size_t kTile = 1024;  // the places are found in a loop of their own, which is vector code
  std::array<std::int32_t, kTile> places;
  for (std::size_t begin = 0; begin < numbers.size(); begin += kTile) {
    const auto tile = numbers.subspan(begin, std::min(kTile, numbers.size() - begin));
    in_vector_code([&] {
      for (std::size_t i = 0; i < tile.size(); ++i) places[i] = place_of(tile[i]);
    });
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
  for_each_place(numbers, place_of, [&](double number, std::int32_t place) {
    constexpr std::size_t kLine = 8;
    double* const end = &to[ends[digit_of(place)]++];
    __builtin_prefetch(end + kLine, /*for writing*/ 1);  // there before the digit's numbers reach it
    *end = number;
  });
}

/// Sorts numbers that lie near their places.
void sort_by_insertion(std::span<double> numbers) {
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const double number = numbers[i];
    std::size_t place = i;
    for (; place > 0 && number < numbers[place - 1]; --place) numbers[place] = numbers[place - 1];
    numbers[place] = number;
  }
}

/// Sorts numbers of which only those of one digit, which end at its entry of `ends`, may be out of order.
void sort_within_digits(std::span<double> numbers, std::span<const std::uint32_t> ends) {
  constexpr std::size_t kFew = 24;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    if (end - begin > kFew)
      std::sort(numbers.begin() + static_cast<std::ptrdiff_t>(begin),
                numbers.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
  }
  sort_by_insertion(numbers);
}

/// Sorts numbers whose places have the same high digit into `to`, by as many bits of the low one as leave
/// about one number to each digit.
void sort_low_digits(std::span<const double> numbers, std::span<double> to, const Places& place_of) {
  const int bits = std::min(static_cast<int>(std::bit_width(numbers.size())), kLowBits);
  const auto digit_of = [shift = kLowBits - bits](std::int32_t place) {
    return (static_cast<std::size_t>(place) % kLowDigits) >> shift;
  };
  std::array<std::uint32_t, kLowDigits> ends;
  const auto used = std::span(ends).first(std::size_t{1} << bits);
  std::ranges::fill(used, 0);
  distribute(numbers, to, place_of, used, digit_of);
  sort_within_digits(to, used);
}

}  // namespace

void sort_numbers(std::span<double> numbers, double center, double spread) {
  constexpr std::size_t kFew = 2000, kMost = std::size_t{1} << 31;  // the digits' lists cost as much as few
  if (is_sorted(numbers)) return;
  const Places place_of(center, spread);
  if (numbers.size() < kFew || numbers.size() > kMost || !place_of.usable()) {
    std::sort(numbers.begin(), numbers.end());
    return;
  }
  const auto memory = std::make_unique_for_overwrite<double[]>(numbers.size());
  const std::span by_high(memory.get(), numbers.size());
  std::array<std::uint32_t, kHighDigits> ends{};
  distribute(numbers, by_high, place_of, ends,
             [](std::int32_t place) { return static_cast<std::size_t>(place) / kLowDigits; });
  std::size_t begin = 0;
  for (const std::size_t end : ends) {  // the numbers of one high digit stay in the first-level cache
    sort_low_digits(by_high.subspan(begin, end - begin), numbers.subspan(begin, end - begin), place_of);
    begin = end;
  }
}

}  // namespace mirrortune::detail
