#include "theory/spines.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/normal.h"
#include "analysis/potentials.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"

#include "theory/detail/shared_spread_mixture.h"

namespace mirrortune {
namespace {

using detail::SharedSpreadMixture;

[[noreturn]] void refuse(const std::string& why) {
  throw UsageError({.what = "cannot fit the spine volumes", .why = why});
}

void check(std::span<const double> volumes, const SpineOptions& options) {
  if (options.potentials.empty()) refuse("no potential is named");
  if (options.point_masses.empty()) refuse("no number of point masses is given");
  if (options.starts < 1) refuse("starts is " + std::to_string(options.starts) + ": must be 1 or more");
  const std::set<double> different(volumes.begin(), volumes.end());
  for (const int count : options.point_masses) {
    if (count < 1) refuse(std::to_string(count) + " point masses are asked for: must be 1 or more");
    if (static_cast<std::size_t>(count) < different.size()) continue;
    refuse(std::to_string(count) + " point masses for " + std::to_string(different.size()) +
           " different volumes fit them exactly: must be fewer");
  }
}

/// The volumes in the dual space of a potential, and Σ ln φ'' of them.
struct DualVolumes {
  Potential potential;
  std::vector<double> duals;
  double log_jacobian = 0;

  DualVolumes(const Potential& chosen, std::span<const double> volumes) : potential(chosen) {
    for (const double w : volumes) {
      if (!(w > 0) || !contains(potential, w)) {
        refuse("the volume " + format_number(w) + " is outside the domain of " + to_text(potential));
      }
      duals.push_back(to_dual(potential, w));
      log_jacobian += std::log(second_derivative(potential, w));
      if (!std::isfinite(duals.back()) || !std::isfinite(log_jacobian)) {
        refuse("the volume " + format_number(w) + " is beyond the numbers that " + to_text(potential) +
               " can take");
      }
    }
  }
};

double mixture_below(const SharedSpreadMixture& mixture, double dual) {
  double mass = 0;
  for (std::size_t k = 0; k < mixture.means.size(); ++k) {
    mass += mixture.weights[k] * normal_cdf((dual - mixture.means[k]) / mixture.sd);
  }
  return mass;
}

/// P(w < 0): the duals below φ'(0) where that is finite; where it is not, weights keep their sign, but for
/// Burg's −1/w, whose positive duals are those of negative weights.
double mass_below_zero(const Potential& potential, const SharedSpreadMixture& mixture) {
  if (contains(potential, 0) && std::isfinite(to_dual(potential, 0))) {
    return mixture_below(mixture, to_dual(potential, 0));
  }
  return from_dual(potential, 1, 1) < 0 ? 1 - mixture_below(mixture, 0) : 0;
}

SpineFit fit_of(const DualVolumes& volumes, const SharedSpreadMixture& mixture) {
  SpineFit fit{.potential = to_text(volumes.potential),
               .point_masses = static_cast<int>(mixture.means.size()),
               .sigma = mixture.sd,
               .points = {},
               .weights = mixture.weights,
               .log_likelihood = mixture.log_likelihood + volumes.log_jacobian,
               .mass_below_zero = mass_below_zero(volumes.potential, mixture)};
  for (const double mean : mixture.means) fit.points.push_back(from_dual(volumes.potential, mean, 1));
  return fit;
}

}  // namespace

const char* const kUnpairedNote =
    "unpaired data alone do not identify a geometry: given the number of point masses they compare "
    "potentials, but "
    "with many point masses and a small spread every potential fits (the 2-norm reaches a log-likelihood of "
    "3459 on "
    "the published table). Sizes of the same synapses before and after tell: see mirrortune identify";

std::vector<SpineFit> fit_spines(std::span<const double> volumes, const SpineOptions& options) {
  check(volumes, options);
  std::vector<DualVolumes> duals;
  for (const auto& potential : potentials_named(options.potentials)) duals.emplace_back(potential, volumes);
  const auto starts = static_cast<std::size_t>(options.starts), counts = options.point_masses.size();
  std::vector<SharedSpreadMixture> ends(duals.size() * counts * starts);
  parallel_for(static_cast<std::int64_t>(ends.size()), options.threads, [&](std::int64_t task) {
    const auto i = static_cast<std::size_t>(task);
    const std::size_t fit = i / starts;
    const auto components = static_cast<std::size_t>(options.point_masses[fit % counts]);
    ends[i] = detail::fit_shared_spread_mixture(
        duals[fit / counts].duals,
        {.components = components, .seed = options.seed, .number = static_cast<int>(i % starts)});
  });
  std::vector<SpineFit> fits;
  for (std::size_t fit = 0; fit < duals.size() * counts; ++fit) {
    const auto all = std::span(ends).subspan(fit * starts, starts);
    fits.push_back(fit_of(duals[fit / counts],
                          *std::ranges::max_element(all, {}, &SharedSpreadMixture::log_likelihood)));
  }
  return fits;
}

double spine_density(const SpineFit& fit, double volume) {
  const Potential potential = potential_named(fit.potential);
  if (!contains(potential, volume) || !std::isfinite(to_dual(potential, volume))) return 0;
  const double dual = to_dual(potential, volume);
  // Negative entropy has no model below 0: a positive weight stays positive, although φ' is defined there.
  if (volume < 0 && !(from_dual(potential, dual, 1) < 0)) return 0;
  double density = 0;
  for (std::size_t k = 0; k < fit.points.size(); ++k) {
    const double z = (dual - to_dual(potential, fit.points[k])) / fit.sigma;
    density += fit.weights[k] * normal_density(z) / fit.sigma;
  }
  return density > 0 ? density * second_derivative(potential, volume) : 0;
}

CsvTable spines_csv(std::span<const SpineFit> fits) {
  CsvTable table({"potential", "K", "sigma", "log_likelihood", "mass_below_zero"});
  for (const auto& fit : fits) {
    table.add({fit.potential, std::to_string(fit.point_masses), format_number(fit.sigma),
               format_number(fit.log_likelihood), format_number(fit.mass_below_zero)});
  }
  return table;
}

CsvTable points_csv(std::span<const SpineFit> fits) {
  CsvTable table({"potential", "K", "point", "weight"});
  for (const auto& fit : fits) {
    for (std::size_t k = 0; k < fit.points.size(); ++k) {
      table.add({fit.potential, std::to_string(fit.point_masses), format_number(fit.points[k]),
                 format_number(fit.weights[k])});
    }
  }
  return table;
}

}  // namespace mirrortune
