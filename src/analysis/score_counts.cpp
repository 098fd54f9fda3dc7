#include "analysis/score_counts.h"

#include <algorithm>
#include <cmath>

#include "analysis/detail/normal.h"

namespace mirrortune {
namespace {

constexpr double kEnd = 8.0;  ///< bins cover [−8, 8]

const std::array<double, ScoreHistogram::kBins + 1>& histogram_edges() {
  static const auto edges = [] {
    std::array<double, ScoreHistogram::kBins + 1> values{};
    for (int i = 0; i <= ScoreHistogram::kBins; ++i)
      values[static_cast<std::size_t>(i)] = ScoreHistogram::edge(i);
    return values;
  }();
  return edges;
}

/// How many of `points`, increasing and nearly `1/scale` apart from `first` on, are ≤ z. Arithmetic gives a
/// guess that is off by at most one; comparisons make it exact.
template <std::size_t kCount>
std::size_t points_up_to(const std::array<double, kCount>& points, double scale, double z) {
  const double last = static_cast<double>(kCount) - 1;
  const double place = std::clamp((z - points[0]) * scale, 0.0, last);
  const auto i = static_cast<std::size_t>(place);
  const std::size_t next = std::min(i + 1, kCount - 1);
  return i + static_cast<std::size_t>(points[i] <= z) +
         static_cast<std::size_t>(next > i && points[next] <= z);
}

/// ∫ over one bin of width h of the absolute value of a line that is `left` and `right` at its ends.
double absolute_area(double left, double right, double h) {
  const double a = std::fabs(left), b = std::fabs(right);
  if ((left < 0) == (right < 0) || a + b == 0) return h * (a + b) / 2;
  return h * (a * a + b * b) / (2 * (a + b));
}

/// A place on the axis with what the areas beside it need.
struct Place {
  explicit Place(double position)
      : x(position),
        cdf(detail::normal_cdf(position)),
        integral(position * cdf + detail::normal_density(position)) {}
  double x;
  double cdf;       ///< Φ(x)
  double integral;  ///< ∫ Φ up to x
};

/// ∫ abs(level − Φ) from a to b.
double area_to_normal(double level, const Place& a, const Place& b) {
  const double width = b.x - a.x, area = b.integral - a.integral;
  if (level <= a.cdf) return area - level * width;
  if (level >= b.cdf) return level * width - area;
  const Place crossing(std::clamp(detail::normal_quantile(level), a.x, b.x));
  return level * (2 * crossing.x - a.x - b.x) + a.integral + b.integral - 2 * crossing.integral;
}

}  // namespace

double exact_w1(std::span<double> scores) {
  std::sort(scores.begin(), scores.end());
  const auto n = static_cast<double>(scores.size());
  Place left(scores.front());
  double sum = left.integral;  // F is 0 below the smallest score
  for (std::size_t i = 1; i < scores.size(); ++i) {
    if (scores[i] == left.x) continue;
    const Place right(scores[i]);
    sum += area_to_normal(static_cast<double>(i) / n, left, right);
    left = right;
  }
  return sum + detail::normal_cdf_integral(-scores.back());  // and 1 above the largest
}

const std::array<double, ScoreCounts::kGrid>& ScoreCounts::grid() {
  static const auto points = [] {
    std::array<double, kGrid> x{};
    for (int i = 0; i < kGrid; ++i) x[static_cast<std::size_t>(i)] = i * (10.0 / (kGrid - 1)) + -5.0;
    x.back() = 5.0;
    return x;
  }();
  return points;
}

void ScoreCounts::add(std::span<const double> scores) {
  const auto& x = grid();
  const auto& edges = histogram_edges();
  for (const double z : scores) {
    ++grid_[points_up_to(x, (kGrid - 1) / 10.0, z)];
    if (z < -kEnd || z > kEnd) {
      ++(z < 0 ? histogram_.below : histogram_.above);
      excess_ += std::fabs(z) - kEnd;
      continue;
    }
    const std::size_t bin = points_up_to(edges, ScoreHistogram::kBins / (2 * kEnd), z) - 1;
    ++histogram_.counts[std::min<std::size_t>(bin, ScoreHistogram::kBins - 1)];
    const auto fine = static_cast<std::size_t>((z + kEnd) * (1 / kFineWidth));
    ++fine_[std::min<std::size_t>(fine, kFine - 1)];
  }
  n_ += static_cast<std::int64_t>(scores.size());
}

double ScoreCounts::delta_cdf() const {
  if (n_ == 0) return kUndefined;
  double sum = 0;
  std::int64_t smaller = 0;
  for (std::size_t k = 0; k < kGrid; ++k) {
    smaller += grid_[k];
    sum += std::fabs(static_cast<double>(smaller) / static_cast<double>(n_) - detail::normal_cdf(grid()[k]));
  }
  return sum * (10.0 / (kGrid - 1));
}

Distance ScoreCounts::w1() const {
  if (n_ == 0) return {kUndefined, 0};
  const auto n = static_cast<double>(n_);
  std::int64_t smaller = histogram_.below;
  double sum = excess_ / n;
  double left = static_cast<double>(smaller) / n - detail::normal_cdf(-kEnd);
  for (std::size_t i = 0; i < kFine; ++i) {
    smaller += fine_[i];
    const double edge = (static_cast<double>(i + 1) - kFine / 2) * kFineWidth;
    const double right = static_cast<double>(smaller) / n - detail::normal_cdf(edge);
    sum += absolute_area(left, right, kFineWidth);
    left = right;
  }
  return {sum, kFineWidth / 2};
}

}  // namespace mirrortune
