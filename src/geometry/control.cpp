#include "geometry/control.h"

#include <algorithm>
#include <cmath>

#include "base/quantile.h"

namespace mirrortune {
namespace {

MeasurementNoise noise_of(const Pairs& pairs) {
  std::vector<RepeatedSize> sizes;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double change = pairs.after[i] - pairs.before[i];
    sizes.push_back(
        {.mean = (pairs.before[i] + pairs.after[i]) / 2, .variance = change * change / 2, .measurements = 2});
  }
  return fit_measurement_noise(sizes);
}

double median_size(const Pairs& pairs) {
  std::vector<double> sizes;
  for (const auto* session : {&pairs.before, &pairs.after}) {
    for (const double size : *session) sizes.push_back(std::fabs(size));
  }
  return median_of(std::move(sizes));
}

/// Second moments of the logarithms of both sizes, over the pairs that keep their sign.
struct LogMoments {
  double before_after = 0;  ///< covariance
  double change = 0;        ///< variance of the difference
};

LogMoments log_moments(const Pairs& pairs) {
  const ChangedPairs changed(pairs);
  double n = 0, before = 0, after = 0;
  const auto each = [&](const auto& add) {
    for (std::size_t i = 0; i < changed.size(); ++i) {
      if (!changed.is_flip(i)) add(changed.before()[i].log, changed.after()[i].log);
    }
  };
  each([&](double b, double a) { n += 1, before += b, after += a; });
  before /= n;
  after /= n;
  LogMoments moments;
  each([&](double b, double a) {
    moments.before_after += (b - before) * (a - after) / (n - 1);
    const double change = (a - after) - (b - before);
    moments.change += change * change / (n - 1);
  });
  return moments;
}

}  // namespace

Control control_of(const PairsTable& table, int threads) {
  Control control{.sessions = table.sessions, .noise = noise_of(table.pairs)};
  IdentifyOptions options;
  options.resamples = 0;
  options.model.threads = threads;
  control.changes = identify(table.pairs, options);
  control.median = median_size(table.pairs);
  const LogMoments moments = log_moments(table.pairs);
  control.log_sd = std::sqrt(std::max(moments.before_after, 0.0));
  control.log_change = std::sqrt(moments.change);
  return control;
}

}  // namespace mirrortune
