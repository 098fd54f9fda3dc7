#include "analysis/score_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/detail/vector_code.h"
#include "analysis/normal.h"

namespace mirrortune {
namespace {

constexpr double kEnd = 8.0;
constexpr std::size_t kBins = 16000;
constexpr double kWidth = 0.001;
constexpr std::size_t kTailBins = 64 * 40;  ///< up to 8·2⁴⁰, the last one takes what lies beyond
constexpr double kTailBinsPerDoubling = 64;

constexpr std::int32_t kLastPlace = kBins;

/// 1 + the bin of a score on [−8, 8), 0 below and kLastPlace + 1 from 8 on or from just below 8, by rounding;
/// never falls when z grows.
std::int32_t place_of(double z) {
  const double place = (z + kEnd) * (1 / kWidth) + 1;
  return static_cast<std::int32_t>(std::min(std::max(place, 0.0), kBins + 1.0));
}
double bin_edge(std::size_t i) { return (static_cast<double>(i) - kBins / 2) * kWidth; }

std::size_t tail_bin_of(double size) {
  const double place = kTailBinsPerDoubling * std::log2(size / kEnd);
  return std::min(static_cast<std::size_t>(std::max(place, 0.0)), kTailBins - 1);
}
double tail_edge(std::size_t i) { return kEnd * std::exp2(static_cast<double>(i) / kTailBinsPerDoubling); }

/// The points inside the bins at which F is exact too. A point lies inside the bin that place_of() gives it:
/// since that is monotone, only the scores of that bin need be compared with the point itself.
class Cuts {
 public:
  struct Point {
    double x;
    std::int32_t place;
    bool is_edge;  ///< of ScoreHistogram, else of the published grid
  };

  Cuts() : is_cut_(kBins + 2), first_(kBins + 2) {
    const auto add = [this](double x, bool is_edge) {
      points_.push_back({.x = x, .place = place_of(x), .is_edge = is_edge});
    };
    for (const double x : ScoreCounts::grid()) add(x, /*is_edge=*/false);
    for (int i = 1; i < ScoreHistogram::kBins; ++i) add(ScoreHistogram::edge(i), /*is_edge=*/true);
    std::ranges::sort(points_, {}, &Point::x);
    for (std::size_t i = points_.size(); i-- > 0;) {
      const auto place = static_cast<std::size_t>(points_[i].place);
      is_cut_[place] = 1;
      first_[place] = i;
    }
    is_cut_.front() = is_cut_.back() = 1;
    points_.push_back({.x = 0, .place = -1, .is_edge = false});
  }

  /// A histogram's edge and a point of the grid may share a bin, two of a kind lie further apart.
  static constexpr std::size_t kMostInABin = 2;
  /// Rising.
  std::span<const Point> points() const { return std::span(points_).first(points_.size() - 1); }
  /// Point `i`, or one in no bin after the last.
  const Point& operator[](std::size_t i) const { return points_[i]; }
  /// 1 if its place does not say everything of a score: points lie inside, or it is no bin.
  std::size_t is_cut(std::int32_t place) const { return is_cut_[static_cast<std::size_t>(place)]; }
  /// The number of the first point in the bin of a place that is cut.
  std::size_t first_in(std::int32_t place) const { return first_[static_cast<std::size_t>(place)]; }

 private:
  std::vector<Point> points_;
  std::vector<std::uint8_t> is_cut_;
  std::vector<std::size_t> first_;
};

const Cuts& cuts() {
  static const Cuts all;
  return all;
}

constexpr std::size_t kTile = 1024;  ///< scores whose places are found at once, in vector code

std::array<std::int32_t, kTile> places_of(std::span<const double> tile) {
  std::array<std::int32_t, kTile> places;
  detail::in_vector_code([tile, &places] {
    for (std::size_t i = 0; i < tile.size(); ++i) places[i] = place_of(tile[i]);
  });
  return places;
}

/// Whether neighbours mostly share a place, as those of sorted scores do.
bool has_long_runs(std::span<const std::int32_t> places) {
  std::int32_t runs = 1;
  for (std::size_t i = 1; i < places.size(); ++i) runs += places[i - 1] != places[i];
  return 8 * static_cast<std::size_t>(runs) < places.size();
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

ScoreCounts::ScoreCounts()
    : places_(kBins + 2),
      below_(cuts().points().size() + 1),
      lower_tail_(kTailBins),
      upper_tail_(kTailBins) {}

void ScoreCounts::add(std::span<const double> scores) {
  std::vector<double> far;
  add_near(scores, /*counts=*/{}, far);
  add_far(far);
}

void ScoreCounts::add_near(std::span<const double> scores, std::span<const double> counts,
                           std::vector<double>& far) {
  const std::size_t far_before = far.size();
  std::int64_t added = 0;
  for (std::size_t begin = 0; begin < scores.size(); begin += kTile) {
    const auto tile = scores.subspan(begin, std::min(kTile, scores.size() - begin));
    if (counts.empty()) {
      add_tile(tile, far);
      added += static_cast<std::int64_t>(tile.size());
    } else {
      added += add_tile(tile, counts.subspan(begin, tile.size()), far);
    }
  }
  n_ += added - static_cast<std::int64_t>(far.size() - far_before);
}

void ScoreCounts::add_tile(std::span<const double> scores, std::vector<double>& far) {
  const auto tile_places = places_of(scores);
  const auto places = std::span(tile_places).first(scores.size());
  if (has_long_runs(places)) {
    add_runs(scores, places, far);
  } else {
    add_scattered(scores, places, far);
  }
}

void ScoreCounts::add_runs(std::span<const double> scores, std::span<const std::int32_t> places,
                           std::vector<double>& far) {
  for (std::size_t begin = 0, end = 0; begin < places.size(); begin = end) {
    while (end < places.size() && places[end] == places[begin]) ++end;
    places_[static_cast<std::size_t>(places[begin])] += static_cast<std::int64_t>(end - begin);
    if (cuts().is_cut(places[begin])) settle(places[begin], scores.subspan(begin, end - begin), 1, far);
  }
}

void ScoreCounts::add_scattered(std::span<const double> scores, std::span<const std::int32_t> places,
                                std::vector<double>& far) {
  const Cuts& layout = cuts();
  std::array<std::size_t, kTile> cut;
  std::size_t cut_count = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {  // without branches, which nothing could foretell
    ++places_[static_cast<std::size_t>(places[i])];
    cut[cut_count] = i;
    cut_count += layout.is_cut(places[i]);
  }
  for (const std::size_t i : std::span(cut).first(cut_count)) {
    settle(places[i], scores.subspan(i, 1), 1, far);
  }
}

std::int64_t ScoreCounts::add_tile(std::span<const double> scores, std::span<const double> counts,
                                   std::vector<double>& far) {
  const Cuts& layout = cuts();
  const auto places = places_of(scores);
  std::int64_t added = 0;
  std::array<std::size_t, kTile> cut;
  std::size_t cut_count = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto count = static_cast<std::int64_t>(counts[i]);
    places_[static_cast<std::size_t>(places[i])] += count;
    added += count;
    cut[cut_count] = i;
    cut_count += layout.is_cut(places[i]);
  }
  for (const std::size_t i : std::span(cut).first(cut_count)) {
    settle(places[i], scores.subspan(i, 1), static_cast<std::int64_t>(counts[i]), far);
  }
  return added;
}

void ScoreCounts::settle(std::int32_t place, std::span<const double> scores, std::int64_t count,
                         std::vector<double>& far) {
  if (place < 1 || place > kLastPlace) return settle_beyond(scores, count, far);
  const std::size_t first = cuts().first_in(place);
  for (std::size_t i = first; i < first + Cuts::kMostInABin; ++i) {
    const auto& point = cuts()[i];
    const std::int64_t counted = point.place == place ? count : 0;
    std::int64_t smaller = 0;
    for (const double z : scores) smaller += z < point.x ? counted : 0;
    below_[i] += smaller;
  }
}

void ScoreCounts::settle_beyond(std::span<const double> scores, std::int64_t count,
                                std::vector<double>& far) {
  for (const double z : scores) {
    if (std::fabs(z) <= kEnd) {
      places_[kBins] += count;  // the last bin is closed
    } else {
      far.insert(far.end(), static_cast<std::size_t>(count), z);
    }
  }
}

void ScoreCounts::merge_near(const ScoreCounts& part) {
  for (std::size_t i = 0; i < places_.size(); ++i) places_[i] += part.places_[i];
  for (std::size_t i = 0; i < below_.size(); ++i) below_[i] += part.below_[i];
  n_ += sum_of(part.near_counts());
}

void ScoreCounts::add_far(std::span<const double> scores) {
  for (const double z : scores) {
    ++(z < 0 ? lower_tail_ : upper_tail_)[tail_bin_of(std::fabs(z))];
    excess_ += std::fabs(z) - kEnd;
  }
  n_ += static_cast<std::int64_t>(scores.size());
}

template <class Body>
void ScoreCounts::for_each_cut(Body body) const {
  const auto& points = cuts().points();
  std::int64_t smaller = sum_of(lower_tail_);
  std::size_t place = 1;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (; place < static_cast<std::size_t>(points[i].place); ++place) smaller += places_[place];
    body(points[i], smaller + below_[i]);
  }
}

double ScoreCounts::delta_cdf() const {
  if (n_ == 0) return kUndefined;
  double sum = 0;
  for_each_cut([&](const auto& point, std::int64_t smaller) {
    if (point.is_edge) return;
    sum += std::fabs(static_cast<double>(smaller) / static_cast<double>(n_) - normal_cdf(point.x));
  });
  return sum * (10.0 / (kGrid - 1));
}

ScoreHistogram ScoreCounts::histogram() const {
  ScoreHistogram histogram{.below = sum_of(lower_tail_), .counts = {}, .above = sum_of(upper_tail_)};
  std::int64_t counted = histogram.below;
  const auto close_bin = [&](std::int64_t smaller) {
    histogram.counts.push_back(smaller - counted);
    counted = smaller;
  };
  for_each_cut([&](const auto& point, std::int64_t smaller) {
    if (point.is_edge) close_bin(smaller);
  });
  close_bin(n_ - histogram.above);
  return histogram;
}

std::span<const std::int64_t> ScoreCounts::near_counts() const {
  return std::span(places_).subspan(1, kBins);
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
