#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "analysis/normal.h"
#include "base/parallel.h"

#include "geometry/change_model.h"
#include "geometry/detail/cluster_scales.h"
#include "geometry/detail/normal_density.h"
#include "geometry/detail/spread.h"

namespace mirrortune::detail {

/// Gauss–Hermite rule of 7 points for the weight e^(−x²): Σ weight·f(node).
struct GaussHermite {
  static constexpr int kNodes = 7;
  static constexpr std::array<double, kNodes> kNode = {
      -2.651961356835233, -1.673551628767471, -0.8162878828589647, 0.0,
      0.8162878828589647, 1.673551628767471,  2.651961356835233};
  static constexpr std::array<double, kNodes> kWeight = {
      0.0009717812450995192, 0.05451558281912703, 0.4256072526101278,   0.8102646175568073,
      0.4256072526101278,    0.05451558281912703, 0.0009717812450995192};
};

/// Positive sizes seen through noise: the true ones are latent, u = ln w. Before the change u0 ~ N(μ, τ²),
/// with the moments of the measured sizes less the noise; the change is that of the geometry; each
/// measurement is log-normal about the true size, or normal if its error is additive in part.
///
/// Both latent sizes are integrated out by the product rule of Gauss–Hermite about the normal approximation
/// of their posterior (relative change linear in the dual change), with the exact integrand over it.
template <class Geometry>
class LatentModel : public ChangeModel {
 public:
  LatentModel(const ChangedPairs& pairs, const Geometry& geometry, const ChangeModelOptions& options)
      : geometry_(geometry),
        measurement_(options.measurement),
        cv_(std::max(measurement_.cv, kLeastCv)),
        threads_(options.threads),
        before_(measured(pairs.before(), pairs.se_before())),
        after_(measured(pairs.after(), pairs.se_after())),
        mean_(pairs.mean_log()) {
    double noise = 0;
    for (const Measured& size : before_) noise += variance_of(size);
    const double total = pairs.log_sd() * pairs.log_sd();
    variance_ = std::max(total - noise / static_cast<double>(size()), 1e-4 * total + 1e-12);
    if (options.cluster_scales) {
      scales_ = cluster_scales(net_squares(), pairs.clusters(), pairs.cluster_count());
    }
  }

  std::size_t size() const override { return before_.size(); }

  void log_likelihoods(double sigma, std::span<double> out) const override {
    constexpr std::size_t kBlock = 256;
    const auto blocks = static_cast<std::int64_t>((size() + kBlock - 1) / kBlock);
    parallel_for(blocks, threads_, [&](std::int64_t block) {
      const std::size_t begin = static_cast<std::size_t>(block) * kBlock;
      for (std::size_t i = begin; i < std::min(begin + kBlock, size()); ++i)
        out[i] = log_likelihood(i, sigma * scale_of(i));
    });
  }

  SpreadFit fit() const override {
    double net = 0, gross = 0;
    const auto squares = net_squares();
    for (std::size_t i = 0; i < size(); ++i) {
      const double change = measured_change(i) / scale_of(i);
      net += squares[i] / (scale_of(i) * scale_of(i));
      gross += change * change;
    }
    return fit_spread(*this, std::sqrt(std::max(net, 0.05 * gross) / static_cast<double>(size())));
  }

  void standardised_changes(double sigma, std::span<double> out) const override {
    for (std::size_t i = 0; i < size(); ++i) {
      const double spread = sigma * scale_of(i);
      out[i] = measured_change(i) / std::sqrt(spread * spread + noise_of_change(i));
    }
  }

 private:
  static constexpr double kLeastCv = 1e-4;  ///< so that a size of no error has a density

  struct Measured {
    double log;  ///< ln m
    double add;  ///< sd of its additive error

    Size size() const { return Size{log}; }
  };

  /// `standard_errors`: of each size, or none.
  std::vector<Measured> measured(const std::vector<Size>& sizes,
                                 std::span<const double> standard_errors) const {
    std::vector<Measured> all;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const double own = standard_errors.empty() ? 0.0 : standard_errors[i];
      all.push_back({sizes[i].log, std::hypot(measurement_.add, own)});
    }
    return all;
  }

  double scale_of(std::size_t i) const { return scales_.empty() ? 1.0 : scales_[i]; }

  /// Squared dual changes less what noise adds to them on average.
  std::vector<double> net_squares() const {
    std::vector<double> squares(size());
    for (std::size_t i = 0; i < size(); ++i) {
      const double change = measured_change(i);
      squares[i] = change * change - noise_of_change(i);
    }
    return squares;
  }

  double measured_change(std::size_t i) const {
    return geometry_.change(before_[i].size(), after_[i].size());
  }

  /// The variance that noise adds to a dual change, to first order.
  double noise_of_change(std::size_t i) const {
    const double slope = geometry_.per_relative_change(Size{(before_[i].log + after_[i].log) / 2});
    return slope * slope * (variance_of(before_[i]) + variance_of(after_[i]));
  }

  /// Of the noise of ln m.
  double variance_of(const Measured& size) const {
    const double relative = size.add * std::exp(-size.log);
    return cv_ * cv_ + std::min(relative * relative, 1.0);
  }

  /// ln of the density of a measured size, given the true one.
  double log_measured(const Measured& size, double log_true) const {
    if (size.add == 0) {
      return log_normal_density((size.log - log_true) / cv_) - std::log(cv_) - size.log;
    }
    const double truth = std::exp(log_true), sd = std::hypot(cv_ * truth, size.add);
    return log_normal_density((std::exp(size.log) - truth) / sd) - std::log(sd);
  }

  double log_prior(double log_size) const {
    return log_normal_density((log_size - mean_) / std::sqrt(variance_)) - 0.5 * std::log(variance_);
  }

  double log_likelihood(std::size_t i, double sigma) const {
    return log_joint(i, sigma) - log_before_and_seen(i, sigma);
  }

  /// ln p(m0, m1).
  double log_joint(std::size_t i, double sigma) const {
    const Measured &a = before_[i], &b = after_[i];
    const double noise_a = variance_of(a), noise_b = variance_of(b);
    const double relative = sigma / geometry_.per_relative_change(Size{(a.log + b.log) / 2});
    const double change_variance = std::min(relative * relative, 4.0);
    // Precision of (u0, u1), and from it their covariance and mean.
    const double p00 = 1 / variance_ + 1 / noise_a + 1 / change_variance;
    const double p01 = -1 / change_variance, p11 = 1 / noise_b + 1 / change_variance;
    const double determinant = p00 * p11 - p01 * p01;
    const double v00 = p11 / determinant, v01 = -p01 / determinant, v11 = p00 / determinant;
    const double h0 = mean_ / variance_ + a.log / noise_a, h1 = b.log / noise_b;
    const double m0 = v00 * h0 + v01 * h1, m1 = v01 * h0 + v11 * h1;
    const double l00 = std::sqrt(v00), l10 = v01 / l00, l11 = std::sqrt(v11 - l10 * l10);  // Cholesky
    using Rule = GaussHermite;
    double sum = 0;
    for (std::size_t j = 0; j < Rule::kNodes; ++j) {
      const double x = Rule::kNode[j], u0 = m0 + std::numbers::sqrt2 * l00 * x;
      const double before = log_prior(u0) + log_measured(a, u0) + x * x;
      for (std::size_t k = 0; k < Rule::kNodes; ++k) {
        const double y = Rule::kNode[k], u1 = m1 + std::numbers::sqrt2 * (l10 * x + l11 * y);
        const double change = geometry_.change(Size{u0}, Size{u1}) / sigma;
        const double log_term = before + log_normal_density(change) - std::log(sigma) +
                                geometry_.log_curvature(Size{u1}) + u1 + log_measured(b, u1) + y * y;
        sum += Rule::kWeight[j] * Rule::kWeight[k] * std::exp(log_term);
      }
    }
    return std::log(std::max(2 * l00 * l11 * sum, 1e-300));
  }

  /// ln of the density of the size before and of the synapse being seen after: p(m0)·P(seen | m0).
  double log_before_and_seen(std::size_t i, double sigma) const {
    const Measured& a = before_[i];
    const double noise = variance_of(a);
    const double variance = 1 / (1 / variance_ + 1 / noise);
    const double mean = variance * (mean_ / variance_ + a.log / noise);
    const auto& limit = measurement_.detection_limit;
    const double log_limit = limit ? std::log(*limit) : -INFINITY;
    using Rule = GaussHermite;
    double sum = 0;
    for (std::size_t j = 0; j < Rule::kNodes; ++j) {
      const double x = Rule::kNode[j], u0 = mean + std::sqrt(2 * variance) * x;
      double log_term = log_prior(u0) + log_measured(a, u0) + x * x;
      if (limit) log_term += log_normal_cdf(geometry_.margin(Size{u0}, log_limit) / sigma);
      sum += Rule::kWeight[j] * std::exp(log_term);
    }
    return std::log(std::max(std::sqrt(2 * variance) * sum, 1e-300));
  }

  Geometry geometry_;
  Measurement measurement_;
  double cv_;
  int threads_;
  std::vector<Measured> before_, after_;
  std::vector<double> scales_;  ///< empty where all have one
  double mean_, variance_ = 1;  ///< μ and τ²
};

}  // namespace mirrortune::detail
