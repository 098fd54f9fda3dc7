#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "geometry/geometry.h"
#include "geometry/pairs.h"

namespace mirrortune {

/// How sizes were measured, and which are never seen.
struct Measurement {
  double cv = 0;   ///< relative error of each measurement (sd of the log-normal factor), ≥ 0
  double add = 0;  ///< sd of its additive error, in the unit of the sizes, ≥ 0
  /// Sizes below are not seen: of positive sizes, those that fell under it are missing from the table (0:
  /// those that vanished). Nothing: every change is seen, as of the weights of a network.
  std::optional<double> detection_limit = {};

  bool noisy() const { return cv > 0 || add > 0; }
};

/// Pairs that can be said to have changed under some geometry: no size is 0, and all are finite. A pair whose
/// sizes have opposite signs is a flip.
class ChangedPairs {
 public:
  /// Pairs with a size that is 0 or not finite, and those with no change at all, are counted and left out.
  explicit ChangedPairs(const Pairs& pairs);

  std::size_t size() const { return before_.size(); }
  const std::vector<Size>& before() const { return before_; }
  const std::vector<Size>& after() const { return after_; }
  bool is_flip(std::size_t i) const { return before_[i].negative != after_[i].negative; }
  /// The cluster of each pair, numbered from 0 without gaps.
  const std::vector<std::int32_t>& clusters() const { return clusters_; }
  std::int32_t cluster_count() const { return cluster_count_; }
  /// Standard errors of the sizes; both are empty if none are known.
  const std::vector<double>& se_before() const { return se_before_; }
  const std::vector<double>& se_after() const { return se_after_; }
  std::int64_t zeros() const { return zeros_; }
  std::int64_t unchanged() const { return unchanged_; }
  std::int64_t flips() const { return flips_; }
  bool any_negative() const { return any_negative_; }
  /// Mean and unbiased sd of ln abs(before).
  double mean_log() const { return mean_log_; }
  double log_sd() const { return log_sd_; }

 private:
  std::vector<Size> before_, after_;
  std::vector<double> se_before_, se_after_;
  std::vector<std::int32_t> clusters_;
  std::int32_t cluster_count_ = 0;
  std::int64_t zeros_ = 0, unchanged_ = 0, flips_ = 0;
  bool any_negative_ = false;
  double mean_log_ = 0, log_sd_ = 0;
};

/// The most likely spread of a model.
struct SpreadFit {
  double sigma = 0;
  double log_likelihood = -std::numeric_limits<double>::infinity();
};

/// A statistical model of the sizes after given those before, with one free parameter left: σ, the spread of
/// the dual changes.
class ChangeModel {
 public:
  virtual ~ChangeModel() = default;
  virtual std::size_t size() const = 0;
  /// ln p(after_i | before_i) of every pair, in the unit of the sizes.
  virtual void log_likelihoods(double sigma, std::span<double> out) const = 0;
  /// The σ of the greatest sum of log_likelihoods.
  virtual SpreadFit fit() const = 0;
  /// The dual change of every pair, without the drift if that is estimated, over the spread that the model
  /// gives it at σ (with measurement noise: that of the measured change, to first order); NaN of an outlier.
  virtual void standardised_changes(double sigma, std::span<double> out) const = 0;
};

/// Whether the sizes are known with an error: that of every measurement, or standard errors of their own.
bool is_noisy(const ChangedPairs& pairs, const Measurement& measurement);

/// What a model may know besides the geometry.
struct ChangeModelOptions {
  Measurement measurement = {};
  bool drift = false;  ///< a mean relative change of all sizes is estimated along; not with measurement noise
  bool cluster_scales =
      false;        ///< every cluster has a spread of its own, σ times a factor that is profiled out
  int threads = 1;  ///< 0: all cores; the result does not depend on it
};

/// The change of the dual is N(m·φ''(w0)·w0, σ²) given the size before, m = 0 without `drift` and σ times a
/// factor per cluster with `cluster_scales` (scales that differ would pass for a smaller λ), and what falls
/// below the detection limit is missing. ln p = ln N(d) + ln φ''(w1) − ln P(seen): the Jacobian φ'' makes
/// geometries comparable. (statistics.md of the design, after Pogodin et al. 2024.)
///
/// Flips: where the geometry cannot flip a sign, or the pairs are more likely so, they are outliers of share
/// ε with a broad normal density, which says nothing of the geometry.
///
/// With measurement noise or standard errors the sizes themselves are latent: ln p integrates over both,
/// given a log-normal distribution of the true sizes before, by adaptive Gauss–Hermite quadrature. Flips are
/// then left out.
std::unique_ptr<ChangeModel> make_model(const ChangedPairs& pairs, const PowerGeometry& geometry,
                                        const ChangeModelOptions& options);
std::unique_ptr<ChangeModel> make_model(const ChangedPairs& pairs, const PotentialGeometry& geometry,
                                        const ChangeModelOptions& options);

}  // namespace mirrortune
