#include "geometry/change_model.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "analysis/moments.h"
#include "analysis/normal.h"
#include "base/error.h"

#include "geometry/detail/cluster_scales.h"
#include "geometry/detail/latent_model.h"
#include "geometry/detail/normal_density.h"
#include "geometry/detail/spread.h"

namespace mirrortune {
namespace {

/// Beyond this many σ nothing is missing: 1 − Φ(8.3) is less than half a last digit of 1.
constexpr double kCertain = 8.3;

/// Pairs of known sizes.
class DirectModel : public ChangeModel {
 public:
  /// `flips_are_outliers`: else they carry the change as all others do.
  template <class Geometry>
  DirectModel(const ChangedPairs& pairs, const Geometry& geometry, const ChangeModelOptions& options,
              bool flips_are_outliers)
      : change_(pairs.size()), constant_(pairs.size()), outlier_(pairs.size(), false) {
    const double share = static_cast<double>(pairs.flips()) / static_cast<double>(pairs.size());
    const double inlier = flips_are_outliers ? std::log1p(-share) : 0.0;
    const double broad = root_mean_square(pairs.after());
    for (std::size_t i = 0; i < size(); ++i) {
      const Size before = pairs.before()[i], after = pairs.after()[i];
      outlier_[i] = flips_are_outliers && pairs.is_flip(i);
      change_[i] = outlier_[i] ? 0.0 : geometry.change(before, after);
      constant_[i] =
          outlier_[i] ? std::log(share) + detail::log_normal_density(after.value() / broad) - std::log(broad)
                      : inlier + geometry.log_curvature(after);
    }
    if (options.measurement.detection_limit) {
      const double log_limit = std::log(*options.measurement.detection_limit);
      margin_.resize(size());
      for (std::size_t i = 0; i < size(); ++i) margin_[i] = geometry.margin(pairs.before()[i], log_limit);
    }
    if (options.drift) remove_drift(pairs, geometry);
    if (options.cluster_scales) standardise_clusters(pairs);
  }

  std::size_t size() const override { return change_.size(); }

  void log_likelihoods(double sigma, std::span<double> out) const override {
    const double log_sigma = std::log(sigma);
    for (std::size_t i = 0; i < size(); ++i) {
      out[i] = constant_[i];
      if (outlier_[i]) continue;
      out[i] += detail::log_normal_density(change_[i] / sigma) - log_sigma;
      if (!margin_.empty() && margin_[i] < kCertain * sigma) out[i] -= log_normal_cdf(margin_[i] / sigma);
    }
  }

  SpreadFit fit() const override {
    const double sigma = root_mean_square_change();
    const double least = margin_.empty() ? INFINITY : *std::min_element(margin_.begin(), margin_.end());
    if (least > kCertain * sigma) {
      std::vector<double> out(size());
      log_likelihoods(sigma, out);
      return {sigma, detail::sum_of(out)};
    }
    return detail::fit_spread(*this, sigma);
  }

  void standardised_changes(double sigma, std::span<double> out) const override {
    for (std::size_t i = 0; i < size(); ++i) {
      out[i] = outlier_[i] ? std::numeric_limits<double>::quiet_NaN() : change_[i] / sigma;
    }
  }

 private:
  static double root_mean_square(const std::vector<Size>& sizes) {
    double sum = 0;
    for (const Size& size : sizes) sum += size.value() * size.value();
    return std::sqrt(sum / static_cast<double>(sizes.size()));
  }

  double root_mean_square_change() const {
    double sum = 0;
    std::size_t n = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (outlier_[i]) continue;
      sum += change_[i] * change_[i];
      ++n;
    }
    return std::sqrt(sum / static_cast<double>(n));
  }

  /// The mean relative change by least squares, so that it is the most likely one where nothing is lost.
  template <class Geometry>
  void remove_drift(const ChangedPairs& pairs, const Geometry& geometry) {
    double products = 0, squares = 0;
    std::vector<double> slope(size());
    for (std::size_t i = 0; i < size(); ++i) {
      if (outlier_[i]) continue;
      slope[i] = geometry.per_relative_change(pairs.before()[i]);
      products += slope[i] * change_[i];
      squares += slope[i] * slope[i];
    }
    const double drift = products / squares;
    for (std::size_t i = 0; i < size(); ++i) {
      change_[i] -= drift * slope[i];
      if (!margin_.empty()) margin_[i] += drift * slope[i];
    }
  }

  /// Changes in units of their cluster's scale, so that one σ holds for all.
  void standardise_clusters(const ChangedPairs& pairs) {
    std::vector<double> squares(size());
    for (std::size_t i = 0; i < size(); ++i) squares[i] = change_[i] * change_[i];
    const auto scales = detail::cluster_scales(squares, pairs.clusters(), pairs.cluster_count());
    for (std::size_t i = 0; i < size(); ++i) {
      if (outlier_[i]) continue;
      change_[i] /= scales[i];
      constant_[i] -= std::log(scales[i]);
      if (!margin_.empty()) margin_[i] /= scales[i];
    }
  }

  std::vector<double> change_;
  std::vector<double> constant_;  ///< the part of ln p that σ does not change; all of it for an outlier
  std::vector<double> margin_;    ///< empty where nothing is lost
  std::vector<bool> outlier_;
};

template <class Geometry>
std::unique_ptr<ChangeModel> make(const ChangedPairs& pairs, const Geometry& geometry,
                                  const ChangeModelOptions& options) {
  MIRRORTUNE_CHECK(pairs.size() > 0);
  if (is_noisy(pairs, options.measurement)) {
    MIRRORTUNE_CHECK(!options.drift && !pairs.any_negative());
    return std::make_unique<detail::LatentModel<Geometry>>(pairs, geometry, options);
  }
  auto model = std::make_unique<DirectModel>(pairs, geometry, options, !geometry.can_flip());
  if (pairs.flips() == 0 || !geometry.can_flip()) return model;
  auto with_outliers = std::make_unique<DirectModel>(pairs, geometry, options, /*flips_are_outliers=*/true);
  const bool better = with_outliers->fit().log_likelihood > model->fit().log_likelihood;
  return better ? std::move(with_outliers) : std::move(model);
}

}  // namespace

ChangedPairs::ChangedPairs(const Pairs& pairs) {
  std::unordered_map<std::int32_t, std::int32_t> numbers;
  std::vector<double> logs;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double before = pairs.before[i], after = pairs.after[i];
    if (before == 0 || after == 0 || !std::isfinite(before) || !std::isfinite(after)) {
      ++zeros_;
    } else if (before == after) {
      ++unchanged_;
    } else {
      before_.push_back(Size::of(before));
      after_.push_back(Size::of(after));
      logs.push_back(before_.back().log);
      if (!pairs.se_before.empty()) {
        se_before_.push_back(pairs.se_before[i]);
        se_after_.push_back(pairs.se_after[i]);
      }
      flips_ += is_flip(before_.size() - 1);
      any_negative_ = any_negative_ || before < 0 || after < 0;
      const auto next = static_cast<std::int32_t>(numbers.size());
      const auto group = pairs.groups.empty() ? static_cast<std::int32_t>(i) : pairs.groups[i];
      clusters_.push_back(numbers.try_emplace(group, next).first->second);
    }
  }
  cluster_count_ = static_cast<std::int32_t>(numbers.size());
  const Moments moments = Moments::of(logs);
  mean_log_ = moments.mean;
  log_sd_ = moments.sd();
}

bool is_noisy(const ChangedPairs& pairs, const Measurement& measurement) {
  return measurement.noisy() || !pairs.se_before().empty();
}

std::unique_ptr<ChangeModel> make_model(const ChangedPairs& pairs, const PowerGeometry& geometry,
                                        const ChangeModelOptions& options) {
  return make(pairs, geometry, options);
}

std::unique_ptr<ChangeModel> make_model(const ChangedPairs& pairs, const PotentialGeometry& geometry,
                                        const ChangeModelOptions& options) {
  return make(pairs, geometry, options);
}

}  // namespace mirrortune
