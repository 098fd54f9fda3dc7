#include "analysis/wasserstein.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/detail/lanes.h"
#include "analysis/detail/sort_scores.h"
#include "analysis/normal.h"

namespace mirrortune {
namespace {

/// A place on the axis with what the areas beside it need.
struct Place {
  explicit Place(double position)
      : x(position), cdf(normal_cdf(position)), integral(position * cdf + normal_density(position)) {}
  double x;
  double cdf;       ///< Φ(x)
  double integral;  ///< ∫ Φ up to x
};

/// ∫ abs(level − Φ) from a to b.
double area_to_normal(double level, const Place& a, const Place& b) {
  const double width = b.x - a.x, area = b.integral - a.integral;
  if (level <= a.cdf) return area - level * width;
  if (level >= b.cdf) return level * width - area;
  const Place crossing(std::clamp(normal_quantile(level), a.x, b.x));
  return level * (2 * crossing.x - a.x - b.x) + a.integral + b.integral - 2 * crossing.integral;
}

/// The area between Φ and F, the empirical distribution of sorted scores.
class Area {
 public:
  explicit Area(std::span<const double> sorted) : sorted_(sorted), n_(static_cast<double>(sorted.size())) {}

  /// Of the whole axis.
  double whole() const {
    const Place left(sorted_.front()), right(sorted_.back());
    return left.integral + between(0, left, sorted_.size() - 1, right) + normal_cdf_integral(-right.x);
  }

 private:
  /// From score `begin` to score `end`, where F rises from (begin + 1)/n to end/n: halved until Φ and F do
  /// not cross, or F is constant.
  double between(std::size_t begin, const Place& left, std::size_t end, const Place& right) const {
    const double low = static_cast<double>(begin + 1) / n_, high = static_cast<double>(end) / n_;
    if (end <= begin + 1) return area_to_normal(low, left, right);
    if (low >= right.cdf || high <= left.cdf) {
      const auto inner = sorted_.subspan(begin + 1, end - begin - 1);
      const auto [below_f] = detail::sums_in_lanes<1>(
          inner.size(), [inner, x = right.x](std::size_t i) { return std::array{x - inner[i]}; });
      const double area = low * (right.x - left.x) + below_f / n_;
      return std::fabs(area - (right.integral - left.integral));
    }
    const std::size_t middle = begin + (end - begin) / 2;
    const Place centre(sorted_[middle]);
    return between(begin, left, middle, centre) + between(middle, centre, end, right);
  }

  std::span<const double> sorted_;
  double n_;
};

}  // namespace

double exact_w1(std::span<double> scores) {
  detail::sort_scores(scores);
  return exact_w1_of_sorted(scores);
}

double exact_w1_of_sorted(std::span<const double> scores) { return Area(scores).whole(); }

}  // namespace mirrortune
