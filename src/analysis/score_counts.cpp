#include "analysis/score_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/normal.h"

namespace mirrortune {
namespace {

constexpr double kEnd = 8.0;
constexpr std::size_t kBins = 16000;
constexpr double kWidth = 0.001;
constexpr std::size_t kTailBins = 64 * 40;  ///< up to 8·2⁴⁰, the last one takes what lies beyond
constexpr double kTailBinsPerDoubling = 64;

/// The bin of a score on [−8, 8]; never falls when z grows.
std::size_t bin_of(double z) {
  return std::min(static_cast<std::size_t>((z + kEnd) * (1 / kWidth)), kBins - 1);
}
double bin_edge(std::size_t i) { return (static_cast<double>(i) - kBins / 2) * kWidth; }

std::size_t tail_bin_of(double size) {
  const double place = kTailBinsPerDoubling * std::log2(size / kEnd);
  return std::min(static_cast<std::size_t>(std::max(place, 0.0)), kTailBins - 1);
}
double tail_edge(std::size_t i) { return kEnd * std::exp2(static_cast<double>(i) / kTailBinsPerDoubling); }

/// How the bins are cut into cells. A point lies inside the bin that bin_of() gives it: since bin_of() is
/// monotone, only the scores of that bin need be compared with the point itself.
class Cells {
 public:
  Cells() : bins_(kBins + 1) {
    std::vector<double> points(ScoreCounts::grid().begin(), ScoreCounts::grid().end());
    for (int i = 1; i < ScoreHistogram::kBins; ++i) points.push_back(ScoreHistogram::edge(i));
    std::sort(points.begin(), points.end());
    for (const double point : points) {
      Bin& bin = bins_[bin_of(point)];
      (std::isinf(bin.points[0]) ? bin.points[0] : bin.points[1]) = point;
    }
    for (std::size_t i = 1; i <= kBins; ++i) bins_[i].first = bins_[i - 1].first + bins_[i - 1].cells();
  }

  std::size_t size() const { return bins_[kBins].first; }
  /// First cell of a bin, 0 … kBins.
  std::size_t first(std::size_t bin) const { return bins_[bin].first; }
  /// The cell of a score on [−8, 8]. Without branches, which nothing could foretell.
  std::size_t of(double z) const {
    const Bin& bin = bins_[bin_of(z)];
    return bin.first + static_cast<std::size_t>(bin.points[0] <= z) +
           static_cast<std::size_t>(bin.points[1] <= z);
  }

 private:
  struct Bin {
    /// Rising. A histogram's edge and a point of the grid may share a bin, two of a kind lie further apart.
    std::array<double, 2> points = {kNever, kNever};
    std::size_t first = 0;

    std::size_t cells() const {
      return 1 + static_cast<std::size_t>(!std::isinf(points[0])) +
             static_cast<std::size_t>(!std::isinf(points[1]));
    }
  };
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  std::vector<Bin> bins_;
};

const Cells& cells() {
  static const Cells layout;
  return layout;
}

/// ∫ over one bin of width h of the absolute value of a line that is `left` and `right` at its ends.
double absolute_area(double left, double right, double h) {
  const double a = std::fabs(left), b = std::fabs(right);
  if ((left < 0) == (right < 0) || a + b == 0) return h * (a + b) / 2;
  return h * (a * a + b * b) / (2 * (a + b));
}

std::int64_t sum_of(std::span<const std::int64_t> counts) {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum += count;
  return sum;
}

}  // namespace

const std::array<double, ScoreCounts::kGrid>& ScoreCounts::grid() {
  static const auto points = [] {
    std::array<double, kGrid> x{};
    for (int i = 0; i < kGrid; ++i) x[static_cast<std::size_t>(i)] = i * (10.0 / (kGrid - 1)) + -5.0;
    x.back() = 5.0;
    return x;
  }();
  return points;
}

ScoreCounts::ScoreCounts() : cells_(cells().size()), lower_tail_(kTailBins), upper_tail_(kTailBins) {}

void ScoreCounts::add(std::span<const double> scores) {
  std::vector<double> far;
  add_near(scores, far);
  add_far(far);
}

void ScoreCounts::add_near(std::span<const double> scores, std::vector<double>& far) {
  const Cells& layout = cells();
  const std::size_t far_before = far.size();
  for (const double z : scores) {
    if (z < -kEnd || z > kEnd) {
      far.push_back(z);
    } else {
      ++cells_[layout.of(z)];
    }
  }
  n_ += static_cast<std::int64_t>(scores.size() - (far.size() - far_before));
}

void ScoreCounts::merge_near(const ScoreCounts& part) {
  for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] += part.cells_[i];
  n_ += sum_of(part.cells_);
}

void ScoreCounts::add_far(std::span<const double> scores) {
  for (const double z : scores) {
    ++(z < 0 ? lower_tail_ : upper_tail_)[tail_bin_of(std::fabs(z))];
    excess_ += std::fabs(z) - kEnd;
  }
  n_ += static_cast<std::int64_t>(scores.size());
}

double ScoreCounts::delta_cdf() const {
  if (n_ == 0) return kUndefined;
  double sum = 0;
  std::int64_t smaller = sum_of(lower_tail_);
  std::size_t cell = 0;
  for (const double x : grid()) {
    for (const std::size_t end = cells().of(x); cell < end; ++cell) smaller += cells_[cell];
    sum += std::fabs(static_cast<double>(smaller) / static_cast<double>(n_) - normal_cdf(x));
  }
  return sum * (10.0 / (kGrid - 1));
}

ScoreHistogram ScoreCounts::histogram() const {
  ScoreHistogram histogram{.below = sum_of(lower_tail_), .counts = {}, .above = sum_of(upper_tail_)};
  std::size_t cell = 0;
  for (int i = 1; i <= ScoreHistogram::kBins; ++i) {
    const std::size_t end = i < ScoreHistogram::kBins ? cells().of(ScoreHistogram::edge(i)) : cells_.size();
    histogram.counts.push_back(sum_of(std::span(cells_).subspan(cell, end - cell)));
    cell = end;
  }
  return histogram;
}

std::vector<std::int64_t> ScoreCounts::near_counts() const {
  std::vector<std::int64_t> counts(kBins);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::size_t first = cells().first(bin);
    counts[bin] = sum_of(std::span(cells_).subspan(first, cells().first(bin + 1) - first));
  }
  return counts;
}

Distance ScoreCounts::w1() const {
  if (n_ == 0) return {kUndefined, 0};
  const auto n = static_cast<double>(n_);
  const auto counts = near_counts();
  std::int64_t smaller = sum_of(lower_tail_);
  double sum = excess_ / n;
  double left = static_cast<double>(smaller) / n - normal_cdf(-kEnd);
  for (std::size_t i = 0; i < kBins; ++i) {
    smaller += counts[i];
    const double right = static_cast<double>(smaller) / n - normal_cdf(bin_edge(i + 1));
    sum += absolute_area(left, right, kWidth);
    left = right;
  }
  return {sum, kWidth / 2};
}

Shape ScoreCounts::shape() const {
  std::vector<double> edges;
  for (std::size_t i = kTailBins; i > 0; --i) edges.push_back(-tail_edge(i));
  for (std::size_t i = 0; i < kBins; ++i) edges.push_back(bin_edge(i));
  for (std::size_t i = 0; i <= kTailBins; ++i) edges.push_back(tail_edge(i));
  std::vector<std::int64_t> counts(lower_tail_.rbegin(), lower_tail_.rend());
  const auto near = near_counts();
  counts.insert(counts.end(), near.begin(), near.end());
  counts.insert(counts.end(), upper_tail_.begin(), upper_tail_.end());
  return n_ == 0 ? Shape{} : shape_of_bins({edges, counts});
}

}  // namespace mirrortune
