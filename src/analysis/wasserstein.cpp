#include "analysis/wasserstein.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

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

/// Equal bins on [−8, 8), and one on either side that reaches to infinity.
class Bins {
 public:
  explicit Bins(std::size_t scores)
      : inner_(std::bit_ceil(std::clamp<std::size_t>(scores / 8, 16, 1 << 17))),
        per_unit_(static_cast<double>(inner_) / 16) {}

  std::size_t inner() const { return inner_; }
  /// 0: below −8; inner() + 1: from 8 on. Never falls when z grows.
  std::size_t operator()(double z) const {
    if (z < -8) return 0;
    if (z >= 8) return inner_ + 1;
    return 1 + static_cast<std::size_t>((z + 8) * per_unit_);
  }
  /// Left edge of inner bin i, 1 … inner() + 1.
  double edge(std::size_t i) const { return static_cast<double>(i - 1) / per_unit_ - 8; }

 private:
  std::size_t inner_;
  double per_unit_;
};

struct BinContent {
  std::int64_t count = 0;
  double sum = 0;        ///< of the scores
  bool crossing = true;  ///< whether F − Φ may change its sign there
};

/// The area of the bins in which F stays on one side of Φ; the others remain marked as crossing. The outer
/// bins do.
double area_of_clear_bins(const Bins& bins, std::vector<BinContent>& contents, double n) {
  double sum = 0;
  std::int64_t before = contents[0].count;
  Place left(-8);
  for (std::size_t i = 1; i <= bins.inner(); ++i) {
    auto& bin = contents[i];
    const Place right(bins.edge(i + 1));
    const double low = static_cast<double>(before) / n;
    before += bin.count;
    const double high = static_cast<double>(before) / n;
    if (low >= right.cdf || high <= left.cdf) {
      const double below_f =
          low * (right.x - left.x) + (static_cast<double>(bin.count) * right.x - bin.sum) / n;
      sum += std::fabs(below_f - (right.integral - left.integral));
      bin.crossing = false;
    }
    left = right;
  }
  return sum;
}

/// Walks along F over sorted scores and adds up the area between it and Φ.
class Walk {
 public:
  Walk(Place start, std::int64_t before, double n) : at_(start), before_(before), n_(n) {}

  void score(double z) {
    go_to(z);
    ++before_;
  }
  void go_to(double x) {
    if (x == at_.x) return;
    const Place next(x);
    area_ += area_to_normal(static_cast<double>(before_) / n_, at_, next);
    at_ = next;
  }
  double area() const { return area_; }

 private:
  Place at_;
  std::int64_t before_;
  double n_;
  double area_ = 0;
};

}  // namespace

double exact_w1(std::span<double> scores) {
  const auto n = static_cast<double>(scores.size());
  const Bins bins(scores.size());
  std::vector<BinContent> contents(bins.inner() + 2);
  for (const double z : scores) {
    auto& bin = contents[bins(z)];
    ++bin.count;
    bin.sum += z;
  }
  double sum = area_of_clear_bins(bins, contents, n);
  const auto end =
      std::partition(scores.begin(), scores.end(), [&](double z) { return contents[bins(z)].crossing; });
  std::sort(scores.begin(), end);
  auto next = scores.begin();
  std::int64_t before = 0;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const auto& bin = contents[i];
    if (bin.crossing) {
      const auto last = next + bin.count;
      const bool lowest = i == 0, highest = i + 1 == contents.size();
      // F is 0 below the smallest score of all and 1 above the largest.
      const double from = lowest ? (bin.count > 0 ? *next : -8.0) : bins.edge(i);
      const double to = highest ? (bin.count > 0 ? *(last - 1) : 8.0) : bins.edge(i + 1);
      if (lowest) sum += normal_cdf_integral(from);
      if (highest) sum += normal_cdf_integral(-to);
      Walk walk(Place(from), before, n);
      for (; next != last; ++next) walk.score(*next);
      walk.go_to(to);
      sum += walk.area();
    }
    before += bin.count;
  }
  return sum;
}

}  // namespace mirrortune
