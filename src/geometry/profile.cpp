#include "geometry/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/roots.hpp>

#include "analysis/moments.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/quantile.h"
#include "base/stop.h"
#include "base/stream.h"

#include "geometry/detail/parabola.h"

namespace mirrortune {
namespace {

ProfilePoint point_at(const Family& family, double lambda) {
  if (stop_requested()) throw StoppedError({.what = "the estimate was stopped", .todo = "Run it again"});
  const SpreadFit fit = family(lambda)->fit();
  return {lambda, fit.sigma, fit.log_likelihood};
}

std::vector<ProfilePoint> scan(const Family& family) {
  constexpr double kStep = 0.5;
  std::vector<ProfilePoint> points;
  for (double lambda = kLeastLambda; lambda <= kGreatestLambda; lambda += kStep) {
    points.push_back(point_at(family, lambda));
  }
  return points;
}

bool less_likely(const ProfilePoint& a, const ProfilePoint& b) { return a.log_likelihood < b.log_likelihood; }

void sort_by_lambda(std::vector<ProfilePoint>& points) {
  std::sort(points.begin(), points.end(),
            [](const ProfilePoint& a, const ProfilePoint& b) { return a.lambda < b.lambda; });
}

/// The maximum between the neighbours of the best point; every point that is visited joins `points`.
ProfilePoint maximum(const Family& family, std::vector<ProfilePoint>& points) {
  constexpr int kBits = 14;
  const auto peak = std::max_element(points.begin(), points.end(), less_likely);
  const double low = peak == points.begin() ? peak->lambda : std::prev(peak)->lambda;
  const double high = std::next(peak) == points.end() ? peak->lambda : std::next(peak)->lambda;
  const auto cost = [&](double lambda) {
    points.push_back(point_at(family, lambda));
    return -points.back().log_likelihood;
  };
  boost::math::tools::brent_find_minima(cost, low, high, kBits);
  const auto best = *std::max_element(points.begin(), points.end(), less_likely);
  sort_by_lambda(points);
  return best;
}

/// Where ℓ falls by kProfileDrop between the maximum and the end of the range on one side; infinite if
/// nowhere.
double end_of_interval(const Family& family, const ProfilePoint& best, double side,
                       std::vector<ProfilePoint>& points) {
  const auto fall = [&](double lambda) {
    points.push_back(point_at(family, lambda));
    return best.log_likelihood - points.back().log_likelihood - kProfileDrop;
  };
  double near = best.lambda, step = 0.02;
  double far = near;
  do {
    near = far;
    far = std::clamp(best.lambda + side * step, kLeastLambda, kGreatestLambda);
    if (far == near) return side * std::numeric_limits<double>::infinity();
    step *= 2.5;
  } while (fall(far) < 0);
  std::uintmax_t turns = 40;
  const auto close = [](double a, double b) { return std::fabs(a - b) < 1e-4; };
  const auto fall_at_maximum = [&](double lambda) {
    return lambda == best.lambda ? -kProfileDrop : fall(lambda);
  };
  const auto [a, b] = boost::math::tools::toms748_solve(fall_at_maximum, std::min(near, far),
                                                        std::max(near, far), close, turns);
  return (a + b) / 2;
}

/// ln p of every cluster at a grid of (λ, σ): rows of σ by λ.
struct Grid {
  static constexpr std::size_t kSpreads = 5;
  std::vector<double> lambdas;
  std::vector<double> values;  ///< [cluster][λ][σ]

  std::size_t points() const { return lambdas.size() * kSpreads; }
};

class GridMaker {
 public:
  GridMaker(const Family& family, const Profile& profile, std::span<const std::int32_t> clusters,
            std::int32_t cluster_count)
      : family_(family),
        profile_(profile),
        clusters_(clusters),
        cluster_count_(static_cast<std::size_t>(cluster_count)) {}

  Grid make() const {
    const double half_width = 5 * robust_standard_error();
    constexpr int kLambdas = 15;
    Grid grid;
    for (int i = 0; i < kLambdas; ++i) {
      grid.lambdas.push_back(profile_.best.lambda + half_width * (2.0 * i / (kLambdas - 1) - 1));
    }
    grid.values.assign(cluster_count_ * grid.points(), 0.0);
    const double spread_step = 2.0 * relative_spread_error();
    for (std::size_t i = 0; i < grid.lambdas.size(); ++i) {
      const auto model = family_(grid.lambdas[i]);
      const double sigma = model->fit().sigma;
      for (std::size_t k = 0; k < Grid::kSpreads; ++k) {
        const double shift = static_cast<double>(k) - (Grid::kSpreads - 1) / 2.0;
        const auto sums = cluster_sums(*model, sigma * std::exp(shift * spread_step));
        for (std::size_t c = 0; c < cluster_count_; ++c) {
          grid.values[c * grid.points() + i * Grid::kSpreads + k] = sums[c];
        }
      }
    }
    return grid;
  }

 private:
  std::vector<double> cluster_sums(const ChangeModel& model, double sigma) const {
    std::vector<double> of_pairs(model.size()), sums(cluster_count_, 0.0);
    model.log_likelihoods(sigma, of_pairs);
    for (std::size_t i = 0; i < of_pairs.size(); ++i) {
      sums[static_cast<std::size_t>(clusters_[i])] += of_pairs[i];
    }
    return sums;
  }

  /// Of λ, whatever the dependence within clusters: √(Σ s²)/H, with the scores s of the clusters and the
  /// curvature H of the profile likelihood, by differences.
  double robust_standard_error() const {
    constexpr double kStep = 0.01;
    const double lambda = profile_.best.lambda;
    const auto below = family_(lambda - kStep), above = family_(lambda + kStep);
    const SpreadFit fit_below = below->fit(), fit_above = above->fit();
    const auto a = cluster_sums(*below, fit_below.sigma), b = cluster_sums(*above, fit_above.sigma);
    double squares = 0;
    for (std::size_t c = 0; c < cluster_count_; ++c) squares += (b[c] - a[c]) * (b[c] - a[c]);
    const double scores = std::sqrt(squares) / (2 * kStep);
    const double curvature =
        (2 * profile_.best.log_likelihood - fit_below.log_likelihood - fit_above.log_likelihood) /
        (kStep * kStep);
    const double simple = profile_.interval.width() / (2 * 1.96);
    const double robust = curvature > 0 ? scores / curvature : 0.0;
    const double error = std::max(robust, std::isfinite(simple) ? simple : 0.5);
    return std::clamp(error, 1e-4, 0.5);
  }

  /// Of σ by clusters: the sd of their mean squares would say it; twice the error of independent pairs is
  /// wide enough for the parabola.
  double relative_spread_error() const {
    const auto n = static_cast<double>(std::min(clusters_.size(), 4 * cluster_count_));
    return 1.0 / std::sqrt(2.0 * n);
  }

  const Family& family_;
  const Profile& profile_;
  std::span<const std::int32_t> clusters_;
  std::size_t cluster_count_;
};

/// The most likely λ of a resample, given the sums of its clusters on the grid.
double best_lambda(const Grid& grid, std::span<const double> sums) {
  std::vector<double> profile(grid.lambdas.size());
  for (std::size_t i = 0; i < profile.size(); ++i) {
    profile[i] = detail::parabola_maximum(sums.subspan(i * Grid::kSpreads, Grid::kSpreads)).value;
  }
  const auto top = detail::parabola_maximum(profile);
  const double step = grid.lambdas[1] - grid.lambdas[0];
  return grid.lambdas[0] + step * top.place;
}

}  // namespace

Profile profile_likelihood(const Family& family) {
  auto points = scan(family);
  Profile profile;
  profile.best = maximum(family, points);
  profile.interval.low = end_of_interval(family, profile.best, -1, points);
  profile.interval.high = end_of_interval(family, profile.best, +1, points);
  sort_by_lambda(points);
  profile.curve = std::move(points);
  return profile;
}

std::vector<ProfilePoint> profile_curve(const Family& family, const Profile& profile) {
  constexpr int kSteps = 40;
  std::vector<ProfilePoint> points = {profile.best};
  const double best = profile.best.lambda;
  const auto edge = [&](double end, double side) {
    if (!std::isfinite(end)) return std::clamp(best + side, kLeastLambda, kGreatestLambda);
    points.push_back(point_at(family, end));
    return best + 2 * (end - best);
  };
  const double low = edge(profile.interval.low, -1), high = edge(profile.interval.high, +1);
  for (int i = 0; i <= kSteps; ++i) points.push_back(point_at(family, low + (high - low) * i / kSteps));
  sort_by_lambda(points);
  return points;
}

Interval percentile_interval(std::vector<double> resampled) {
  std::sort(resampled.begin(), resampled.end());
  return {sorted_quantile(resampled, 0.025), sorted_quantile(resampled, 0.975)};
}

Bootstrap bootstrap_lambda(const Family& family, const Profile& profile,
                           std::span<const std::int32_t> clusters, std::int32_t cluster_count,
                           const ResamplingOptions& options) {
  MIRRORTUNE_CHECK(cluster_count >= 2);
  const Grid grid = GridMaker(family, profile, clusters, cluster_count).make();
  const auto count = static_cast<std::uint64_t>(cluster_count);
  std::vector<double> lambdas(static_cast<std::size_t>(options.resamples));
  parallel_for(options.resamples, options.threads, [&](std::int64_t resample) {
    const Stream stream(options.seed, "bootstrap", static_cast<std::uint64_t>(resample));
    std::vector<double> sums(grid.points(), 0.0);
    for (std::uint64_t draw = 0; draw < count; ++draw) {
      const double* row = grid.values.data() + stream.below(draw, count) * grid.points();
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += row[k];
    }
    lambdas[static_cast<std::size_t>(resample)] = best_lambda(grid, sums);
  });
  const double standard_error = Moments::of(lambdas).sd();
  return {percentile_interval(std::move(lambdas)), standard_error};
}

}  // namespace mirrortune
