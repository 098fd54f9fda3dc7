#include "analysis/floor.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/detail/delta_cdf_null.h"
#include "analysis/normal.h"
#include "analysis/score_counts.h"

namespace mirrortune {
namespace {

/// A layer of the pool, which has standard deviation 1: share of its weights, standard deviation.
struct Component {
  double share;
  double sd;
};

std::vector<Component> components_of(std::span<const LayerScale> layers, double& n) {
  double variance = 0;
  n = 0;
  for (const auto& layer : layers) {
    n += static_cast<double>(layer.n);
    if (layer.n > 0) variance += static_cast<double>(layer.n) * layer.sd * layer.sd;
  }
  std::vector<Component> components;
  const double pooled_sd = std::sqrt(variance / n);
  if (!(pooled_sd > 0) || !std::isfinite(pooled_sd)) return components;
  for (const auto& layer : layers) {
    if (layer.n > 0) components.push_back({static_cast<double>(layer.n) / n, layer.sd / pooled_sd});
  }
  return components;
}

/// Mean and n·variance of F(x) = mean(z < x) over samples. With M the mixture and m its density, F(x) moves
/// with one change z as 1{z < x} + m(x)·x·z²/2 (+ m(x)·z if centred): the threshold is x times the sample's
/// sd (plus its mean).
void moments_of_cdf(std::span<const Component> components, double x, bool center, double& mean,
                    double& variance) {
  double density = 0;
  mean = 0;
  variance = 0;
  for (const auto& c : components) {
    if (c.sd == 0) {
      mean += x > 0 ? c.share : 0;
      continue;
    }
    mean += c.share * normal_cdf(x / c.sd);
    density += c.share * normal_density(x / c.sd) / c.sd;
  }
  for (const auto& c : components) {
    if (c.sd == 0) continue;
    const double cdf = normal_cdf(x / c.sd), at_x = normal_density(x / c.sd);
    const double by_scale = density * x / 2;
    double v = cdf * (1 - cdf) + by_scale * by_scale * 2 * std::pow(c.sd, 4) - 2 * by_scale * c.sd * x * at_x;
    if (center) v += density * density * c.sd * c.sd - 2 * density * c.sd * at_x;
    variance += c.share * v;
  }
}

/// E abs(X) of X ~ N(mean, sd²).
double folded_normal_mean(double mean, double sd) {
  if (sd <= 0) return std::fabs(mean);
  const double t = mean / sd;
  return sd * 2 * normal_density(t) + mean * (2 * normal_cdf(t) - 1);
}

}  // namespace

double gaussian_floor(std::span<const LayerScale> layers, bool center) {
  double n = 0;
  const auto components = components_of(layers, n);
  if (components.empty() || n < 2) return kUndefined;
  double sum = 0;
  for (const double x : ScoreCounts::grid()) {
    double mean = 0, variance = 0;
    moments_of_cdf(components, x, center, mean, variance);
    sum += folded_normal_mean(mean - normal_cdf(x), std::sqrt(std::max(variance, 0.0) / n));
  }
  return sum * (10.0 / (ScoreCounts::kGrid - 1));
}

double delta_cdf_p_value(double root_n_delta_cdf, bool center) {
  if (std::isnan(root_n_delta_cdf)) return kUndefined;
  const auto& null = center ? detail::kNullCentred : detail::kNull;
  const auto& at = null.at;
  const double t = root_n_delta_cdf;
  const auto next = std::clamp(std::upper_bound(at.begin(), at.end(), t), at.begin() + 1, at.end());
  const auto before = next - 1;
  const double steps = static_cast<double>(before - at.begin());
  const double beyond = next == at.end() ? (t - *before) / null.tail_sd
                                         : (t - *before) / (*next - *before) / null.kLevelsPerUnit;
  return normal_cdf(-(null.kFirstLevel + steps / null.kLevelsPerUnit + beyond));
}

}  // namespace mirrortune
