#include "analysis/shape.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/detail/lanes.h"
#include "analysis/detail/sort_scores.h"
#include "analysis/normal.h"

namespace mirrortune {
namespace {

/// A cubic c0 + c1 t + c2 t² + c3 t³.
struct Cubic {
  double c0, c1, c2, c3;

  /// With these values and slopes at t = 0 and t = 1 (Hermite).
  static Cubic of(double y0, double slope0, double y1, double slope1) {
    const double rise = y1 - y0;
    return {.c0 = y0, .c1 = slope0, .c2 = 3 * rise - 2 * slope0 - slope1, .c3 = slope0 + slope1 - 2 * rise};
  }
  double operator()(double t) const { return c0 + t * (c1 + t * (c2 + t * c3)); }
};

/// ln Φ(−x) and ln Φ(x) − ln Φ(−x) between −8 and 8 from a table, with errors below 1e-11.
class LogNormalCdf {
 public:
  struct Step {
    Cubic upper;  ///< ln Φ(−x), t from 0 to 1 along the step
    Cubic logit;  ///< ln Φ(x) − ln Φ(−x)
  };

  LogNormalCdf() {
    for (std::size_t i = 0; i < kSteps; ++i) {
      const double left = edge(i), right = edge(i + 1);
      const Cubic upper = Cubic::of(log_normal_cdf(-left), -kWidth * slope(-left), log_normal_cdf(-right),
                                    -kWidth * slope(-right));
      const Cubic lower =
          Cubic::of(log_normal_cdf(left), kWidth * slope(left), log_normal_cdf(right), kWidth * slope(right));
      steps_.push_back({.upper = upper,
                        .logit = {.c0 = lower.c0 - upper.c0,
                                  .c1 = lower.c1 - upper.c1,
                                  .c2 = lower.c2 - upper.c2,
                                  .c3 = lower.c3 - upper.c3}});
    }
  }
  static constexpr std::size_t kSteps = 2048;
  static constexpr double kEnd = 8, kWidth = 2 * kEnd / kSteps;
  /// Exact.
  static double edge(std::size_t i) { return static_cast<double>(i) * kWidth - kEnd; }
  /// For −8 ≤ x < 8.
  static std::size_t step_of(double x) {
    return std::min(static_cast<std::size_t>((x + kEnd) / kWidth), kSteps - 1);
  }
  const Step& operator[](std::size_t i) const { return steps_[i]; }

 private:
  static double slope(double x) { return normal_density(x) / normal_cdf(x); }

  std::vector<Step> steps_;
};

const LogNormalCdf& log_cdf() {
  static const LogNormalCdf table;
  return table;
}

/// Φ rises along the scores: blocks of them that cannot hold the largest distance are told by their ends.
double kolmogorov_smirnov(std::span<const double> sorted) {
  constexpr std::size_t kBlock = 64;
  const auto n = static_cast<double>(sorted.size());
  double largest = 0;
  const auto visit = [&](std::size_t i) {
    const double cdf = normal_cdf(sorted[i]);
    largest = std::max({largest, cdf - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - cdf});
    return cdf;
  };
  std::vector<double> starts;  // Φ of the first score of each block, and of the last score of all
  for (std::size_t i = 0; i < sorted.size(); i += kBlock) starts.push_back(visit(i));
  starts.push_back(visit(sorted.size() - 1));
  for (std::size_t block = 0; block + 1 < starts.size(); ++block) {
    const std::size_t begin = block * kBlock, end = std::min(begin + kBlock, sorted.size());
    const double bound = std::max(starts[block + 1] - static_cast<double>(begin) / n,
                                  static_cast<double>(end) / n - starts[block]);
    for (std::size_t i = begin; bound > largest && i < end; ++i) visit(i);
  }
  return largest;
}

/// The rank of the first score from `begin` on that is not below `edge`.
std::size_t end_of_step(std::span<const double> sorted, std::size_t begin, double edge) {
  std::size_t stride = 1;
  while (begin + stride < sorted.size() && sorted[begin + stride] < edge) stride *= 2;
  const auto first = sorted.begin() + static_cast<std::ptrdiff_t>(begin + stride / 2);
  const auto last = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stride, sorted.size()));
  return static_cast<std::size_t>(std::lower_bound(first, last, edge) - sorted.begin());
}

/// Σ (2i + 1) ln Φ(z_i) + (2(n − i) − 1) ln Φ(−z_i) over the scores z_i of the ranks i = begin … end − 1.
template <class Upper, class Logit>
double anderson_darling_terms(std::span<const double> sorted, std::size_t begin, std::size_t end, Upper upper,
                              Logit logit) {
  const double twice_n = 2 * static_cast<double>(sorted.size());
  const double first = 2 * static_cast<double>(begin) + 1;
  const auto* scores = sorted.data() + begin;
  const auto [sum] = detail::sums_in_lanes<1>(end - begin, [=](std::size_t i) {
    const double rank = first + 2 * static_cast<double>(static_cast<std::int32_t>(i));
    return std::array{rank * logit(scores[i]) + twice_n * upper(scores[i])};
  });
  return sum;
}

double anderson_darling(std::span<const double> sorted) {
  const auto& table = log_cdf();
  const auto place_of = [&](double x) {
    return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), x) - sorted.begin());
  };
  const auto upper = [](double z) { return log_normal_cdf(-z); };
  const auto logit = [](double z) { return log_normal_cdf(z) - log_normal_cdf(-z); };
  std::size_t begin = place_of(-LogNormalCdf::kEnd);
  const std::size_t far = place_of(LogNormalCdf::kEnd);
  double sum = anderson_darling_terms(sorted, 0, begin, upper, logit) +
               anderson_darling_terms(sorted, far, sorted.size(), upper, logit);
  while (begin < far) {
    const std::size_t step = LogNormalCdf::step_of(sorted[begin]);
    const double left = LogNormalCdf::edge(step);
    const std::size_t end = end_of_step(sorted, begin, LogNormalCdf::edge(step + 1));
    const auto t = [=](double z) { return (z - left) * (1 / LogNormalCdf::kWidth); };
    sum += anderson_darling_terms(
        sorted, begin, end, [&, cubic = table[step].upper](double z) { return cubic(t(z)); },
        [&, cubic = table[step].logit](double z) { return cubic(t(z)); });
    begin = end;
  }
  const auto n = static_cast<double>(sorted.size());
  return -n - sum / n;
}

/// Probability-weighted moments b0 … b3 of n scores: b_r is the mean of the scores weighted by C(i, r)/C(n −
/// 1, r), i = 0 … n − 1 their rank.
class WeightedMoments {
 public:
  /// For scores that follow in groups.
  explicit WeightedMoments(double n) : n_(n) {
    for (std::size_t r = 0; r < kOrders; ++r) per_rank_[r] = 1 / (n - static_cast<double>(r));
  }
  /// Of all scores.
  static WeightedMoments of(std::span<const double> sorted) {
    const auto n = static_cast<double>(sorted.size());
    WeightedMoments moments(n);
    const auto& per_rank = moments.per_rank_;
    moments.b_ = detail::sums_in_lanes<kOrders>(sorted.size(), [=](std::size_t i) {
      const auto rank = static_cast<double>(static_cast<std::int32_t>(i));
      const double z0 = sorted[i] * per_rank[0], z1 = z0 * (rank * per_rank[1]);
      const double z2 = z1 * ((rank - 1) * per_rank[2]);
      return std::array{z0, z1, z2, z2 * ((rank - 2) * per_rank[3])};
    });
    return moments;
  }

  /// The next `count` scores, all equal.
  void add(double score, double count) {
    rank_ += count;
    const auto shares = shares_up_to(rank_);
    for (std::size_t r = 0; r < kOrders; ++r) b_[r] += score * (shares[r] - shares_[r]);
    shares_ = shares;
  }
  double l2() const { return 2 * b_[1] - b_[0]; }
  double l_skewness() const {
    return n_ < 3 || !(l2() > 0) ? kUndefined : (6 * b_[2] - 6 * b_[1] + b_[0]) / l2();
  }
  double l_kurtosis() const {
    return n_ < 4 || !(l2() > 0) ? kUndefined : (20 * b_[3] - 30 * b_[2] + 12 * b_[1] - b_[0]) / l2();
  }

 private:
  static constexpr std::size_t kOrders = 4;
  static constexpr std::array<double, kOrders> kPerOrder = {1, 1.0 / 2, 1.0 / 3, 1.0 / 4};

  /// The weights of the `rank` smallest add up to C(rank, r + 1)/C(n − 1, r)/n.
  std::array<double, kOrders> shares_up_to(double rank) const {
    std::array<double, kOrders> shares{};
    double product = 1;
    for (std::size_t r = 0; r < kOrders; ++r) {
      const auto order = static_cast<double>(r);
      product *= (rank - order) * per_rank_[r];
      shares[r] = product * kPerOrder[r];
    }
    return shares;
  }

  double n_, rank_ = 0;
  std::array<double, kOrders> per_rank_{};
  std::array<double, kOrders> b_{}, shares_{};
};

/// Quantiles as numpy's: `score_of_rank(i)` is the i-th smallest score, i = 0 … n − 1.
template <class ScoreOfRank>
QuantileTable quantile_table(std::int64_t n, ScoreOfRank score_of_rank) {
  QuantileTable table;
  for (int i = 0; i < QuantileTable::kSize; ++i) {
    const double place = QuantileTable::probability(i) * static_cast<double>(n - 1);
    const auto rank = std::min(static_cast<std::int64_t>(place), n - 1);
    const double low = score_of_rank(rank), high = score_of_rank(std::min(rank + 1, n - 1));
    table.quantiles.push_back(low + (high - low) * (place - static_cast<double>(rank)));
  }
  return table;
}

/// What the statistics of binned scores are made from, at one edge.
struct Edge {
  Edge(double position, double below, double above)
      : x(position),
        cdf(normal_cdf(x)),
        difference(x < 0 ? below - cdf : normal_cdf(-x) - above),
        share(below) {}
  double logit() const { return log_normal_cdf(x) - log_normal_cdf(-x); }

  double x;
  double cdf;         ///< Φ
  double difference;  ///< F − Φ, without cancellation at either end
  double share;       ///< F
};

/// KS and A², bin by bin from below. Within a bin F − Φ is taken to be linear in Φ.
class BinnedDistances {
 public:
  explicit BinnedDistances(const Edge& first) : left_(first) {}

  void go_to(const Edge& right) {
    ks_ = std::max(ks_, std::fabs(right.difference));
    ks_bound_ = std::max({ks_bound_, right.share - left_.cdf, right.cdf - left_.share});
    const double a = left_.difference, b = right.difference;
    if (a != 0 || b != 0) ad_ += (a * a + a * b + b * b) / 3 * (right.logit() - left_.logit());
    left_ = right;
  }
  void write(Shape& shape, double n) const {
    shape.ks = ks_;
    shape.ks_error = std::max(0.0, ks_bound_ - ks_);
    shape.anderson_darling = n * ad_;
  }

 private:
  Edge left_;
  double ks_ = 0, ks_bound_ = 0, ad_ = 0;
};

/// Walks along the bins to the score of a rank: scores are evenly spread within their bin.
class RankWalk {
 public:
  explicit RankWalk(const BinnedScores& scores) : scores_(scores) {}

  double operator()(std::int64_t rank) {
    while (rank < before_) before_ -= scores_.counts[--bin_];
    while (before_ + scores_.counts[bin_] <= rank) before_ += scores_.counts[bin_++];
    const double left = scores_.edges[bin_], width = scores_.edges[bin_ + 1] - left;
    const double inside = static_cast<double>(rank - before_) + 0.5;
    return left + width * inside / static_cast<double>(scores_.counts[bin_]);
  }

 private:
  const BinnedScores& scores_;
  std::size_t bin_ = 0;
  std::int64_t before_ = 0;
};

}  // namespace

double QuantileTable::probability(int i) { return normal_cdf(normal_quantile(i)); }

Shape shape_of_scores(std::span<double> scores) {
  detail::sort_scores(scores);
  return shape_of_sorted(scores);
}

Shape shape_of_sorted(std::span<const double> scores) {
  const auto n = static_cast<std::int64_t>(scores.size());
  const auto moments = WeightedMoments::of(scores);
  Shape shape;
  shape.ks = kolmogorov_smirnov(scores);
  shape.anderson_darling = anderson_darling(scores);
  shape.l_skewness = moments.l_skewness();
  shape.l_kurtosis = moments.l_kurtosis();
  shape.qq = quantile_table(n, [&](std::int64_t rank) { return scores[static_cast<std::size_t>(rank)]; });
  return shape;
}

Shape shape_of_bins(const BinnedScores& scores) {
  std::int64_t all = 0;
  for (const std::int64_t count : scores.counts) all += count;
  const auto n = static_cast<double>(all);
  constexpr double kLargestError = 0.01;
  std::int64_t below = 0;
  double shift = 0;  // how far the scores may lie from the middle of their bins, on average
  WeightedMoments moments(n);
  BinnedDistances distances(Edge(scores.edges[0], 0, 1));
  for (std::size_t i = 0; i < scores.counts.size(); ++i) {
    const double left = scores.edges[i], right = scores.edges[i + 1];
    const std::int64_t count = scores.counts[i];
    below += count;
    distances.go_to(Edge(right, static_cast<double>(below) / n, static_cast<double>(all - below) / n));
    if (count == 0) continue;
    moments.add((left + right) / 2, static_cast<double>(count));
    shift += (right - left) / 2 * static_cast<double>(count) / n;
  }
  Shape shape;
  distances.write(shape, n);
  if (2 * shift < kLargestError * moments.l2()) {
    shape.l_skewness = moments.l_skewness();
    shape.l_kurtosis = moments.l_kurtosis();
  }
  shape.qq = quantile_table(all, RankWalk(scores));
  return shape;
}

}  // namespace mirrortune
