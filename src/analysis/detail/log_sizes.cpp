#include "analysis/detail/log_sizes.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "analysis/detail/lanes.h"
#include "analysis/detail/vector_code.h"

namespace mirrortune::detail {
namespace {

/// ln x of a positive normal number, without branches, so that compilers make vector code of a loop; of any
/// other x a number without meaning. With x = 2ⁿ(1 + f), √½ ≤ 1 + f < √2, and s = f/(2 + f) it is n ln 2 +
/// ln(1 + s) − ln(1 − s); polynomial and splitting of ln 2 are those of Sun's fdlibm (e_log.c, 1993).
double log_of_normal(double x) {
  constexpr int kMantissaBits = 52;
  constexpr std::uint64_t kBias = 1023, kHalfRoot = 0x3FE6A09E667F3BCD;  // the bits of √½
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t biased = (bits - kHalfRoot + (kBias << kMantissaBits)) >> kMantissaBits;
  const double f = std::bit_cast<double>(bits - ((biased - kBias) << kMantissaBits)) - 1;
  const double n = std::bit_cast<double>(biased | 0x4330000000000000) - 0x1p52 - double{kBias};
  const double s = f / (2 + f), z = s * s, w = z * z;
  const double even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332));
  const double odd =
      z * (0.6666666666666735130 +
           w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)));
  const double half_square = 0.5 * f * f;
  const double low = s * (half_square + (even + odd)) + n * 1.90821492927058770002e-10;
  return n * 6.93147180369123816490e-01 - ((half_square - low) - f);
}

bool is_normal(double size) { return size >= std::numeric_limits<double>::min(); }

}  // namespace

void log_sizes(std::span<const double> weights, std::span<double> logs) {
  in_vector_code([weights, logs] {
    for (std::size_t i = 0; i < weights.size(); ++i) logs[i] = log_of_normal(std::fabs(weights[i]));
  });
  const auto [others] = sums_in_lanes<1>(weights.size(), [weights](std::size_t i) {
    return std::array{is_normal(std::fabs(weights[i])) ? 0.0 : 1.0};
  });
  for (std::size_t i = 0; others > 0 && i < weights.size(); ++i) {
    const double size = std::fabs(weights[i]);
    if (!is_normal(size)) logs[i] = std::log(size);
  }
}

}  // namespace mirrortune::detail
