#include "geometry/coverage.h"

#include <cmath>

#include "base/parallel.h"
#include "base/stream.h"

#include "geometry/profile.h"

namespace mirrortune {
namespace {

Pairs simulated(const ChangedPairs& pairs, const PowerGeometry& geometry, double sigma,
                const Measurement& measurement, const Stream& stream) {
  constexpr std::uint64_t kDraws = 5;
  Pairs drawn;
  const bool own_errors = !pairs.se_before().empty(), noisy = is_noisy(pairs, measurement);
  const auto measured = [&](double size, double standard_error, std::uint64_t draw) {
    const double add = std::hypot(measurement.add, standard_error);
    return size * std::exp(measurement.cv * stream.normal(draw)) + add * stream.normal(draw + 1);
  };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::uint64_t draw = kDraws * i;
    const Size before = pairs.before()[i];
    const double after = geometry.moved(before, sigma * stream.normal(draw)).value();
    if (!std::isfinite(after) || (measurement.detection_limit && after < *measurement.detection_limit))
      continue;
    const double se_before = own_errors ? pairs.se_before()[i] : 0,
                 se_after = own_errors ? pairs.se_after()[i] : 0;
    const double first = measured(before.value(), se_before, draw + 1),
                 last = measured(after, se_after, draw + 3);
    if (noisy && (first <= 0 || last <= 0)) continue;
    drawn.before.push_back(first);
    drawn.after.push_back(last);
    if (!own_errors) continue;
    drawn.se_before.push_back(se_before);
    drawn.se_after.push_back(se_after);
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
