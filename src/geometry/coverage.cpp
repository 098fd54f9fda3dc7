#include "geometry/coverage.h"

#include <cmath>

#include "base/parallel.h"
#include "base/stream.h"

#include "geometry/profile.h"

namespace mirrortune {
namespace {

Pairs simulated(const ChangedPairs& pairs, const PowerGeometry& geometry, double sigma,
                const Measurement& measurement, const Stream& stream) {
  Pairs drawn;
  const auto measured = [&](double size, std::uint64_t draw) {
    return size * std::exp(measurement.cv * stream.normal(draw)) + measurement.add * stream.normal(draw + 1);
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    constexpr std::uint64_t kDraws = 5;
    const std::uint64_t draw = kDraws * i;
    const Size before = pairs.before()[i];
    const double after = geometry.moved(before, sigma * stream.normal(draw)).value();
    if (measurement.detection_limit && after < *measurement.detection_limit) continue;
    const double measured_before = measured(before.value(), draw + 1),
                 measured_after = measured(after, draw + 3);
    if (!std::isfinite(measured_after)) continue;
    if (measurement.noisy() && (measured_before <= 0 || measured_after <= 0)) continue;
    drawn.before.push_back(measured_before);
    drawn.after.push_back(measured_after);
  }
  return drawn;
}

}  // namespace

double simulated_coverage(const ChangedPairs& pairs, double lambda, double sigma,
                          const ChangeModelOptions& options, int runs, std::uint64_t seed) {
  const PowerGeometry geometry{lambda};
  ChangeModelOptions serial = options;
  serial.threads = 1;
  std::vector<char> held(static_cast<std::size_t>(runs));
  parallel_for(runs, options.threads, [&](std::int64_t run) {
    const Stream stream(seed, "coverage", static_cast<std::uint64_t>(run));
    const ChangedPairs drawn(simulated(pairs, geometry, sigma, options.measurement, stream));
    const Family family = [&](double at) { return make_model(drawn, PowerGeometry{at}, serial); };
    held[static_cast<std::size_t>(run)] = profile_likelihood(family).interval.contains(lambda);
  });
  double count = 0;
  for (const char one : held) count += one;
  return count / runs;
}

}  // namespace mirrortune
