#include "geometry/detail/change_process.h"

#include <cmath>

#include "analysis/potentials.h"
#include "base/error.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

double draw(std::uint64_t seed, const char* purpose, std::uint64_t synapse, std::uint64_t turn) {
  return Stream(seed, purpose, turn).normal(synapse);
}

/// The new weight; nothing if the potential has none or clamps the step.
std::optional<double> step_of(const Potential& potential, double w, double dual_change) {
  return std::visit(
      [&](const auto& chosen) -> std::optional<double> {
        if (clamps(chosen, w, dual_change)) return std::nullopt;
        const double moved = chosen.step(w, dual_change);
        return contains(potential, moved) ? std::optional(moved) : std::nullopt;
      },
      potential);
}

}  // namespace

void refuse_simulation(std::string why) {
  throw UsageError({.what = "cannot simulate", .why = std::move(why)});
}

PotentialChange::PotentialChange(const SimulateOptions& options, double median)
    : potential_(potential_named(options.potential)), seed_(options.seed) {
  if (!has(median)) {
    refuse_simulation("the median " + format_number(median) + " is outside the domain of " +
                      to_text(potential_));
  }
  const double dual_unit = median * second_derivative(potential_, median);
  mean_ = options.drift * dual_unit;
  sd_ = options.change * dual_unit;
}

std::optional<double> PotentialChange::next(double w, double scale, std::uint64_t synapse,
                                            std::uint64_t turn) const {
  return step_of(potential_, w, mean_ + scale * sd_ * draw(seed_, "simulated change", synapse, turn));
}

KestenChange::KestenChange(const SimulateOptions& options, double median)
    : factor_sd_(options.change * std::sqrt(0.5)),
      addition_sd_(factor_sd_ * median),
      mean_size_(median * std::exp(options.log_sd * options.log_sd / 2)),
      variance_(mean_size_ * mean_size_ * std::expm1(options.log_sd * options.log_sd)),
      seed_(options.seed) {}

double KestenChange::mean_factor(double scale) const {
  const double added =
      scale * scale *
      (factor_sd_ * factor_sd_ * (variance_ + mean_size_ * mean_size_) + addition_sd_ * addition_sd_);
  if (added > variance_) {
    refuse_simulation("a Kesten process with such changes would spread the sizes wider than log_sd says");
  }
  return variance_ > 0 ? std::sqrt(1 - added / variance_) : 1;
}

std::optional<double> KestenChange::next(double w, double scale, std::uint64_t synapse,
                                         std::uint64_t turn) const {
  const double pull = mean_factor(scale);
  const double factor = pull + scale * factor_sd_ * draw(seed_, "simulated change", synapse, turn);
  const double addition =
      (1 - pull) * mean_size_ + scale * addition_sd_ * draw(seed_, "simulated addition", synapse, turn);
  return factor * w + addition;
}

LogOuChange::LogOuChange(const SimulateOptions& options, double /*median*/)
    : log_mean_(options.log_mean), log_sd_(options.log_sd), change_(options.change), seed_(options.seed) {}

double LogOuChange::correlation(double scale) const {
  const double change = scale * change_;
  if (change > log_sd_) {
    refuse_simulation(
        "a log-Ornstein-Uhlenbeck process with such changes would spread the sizes wider than log_sd "
        "says");
  }
  return change > 0 ? std::sqrt(1 - std::pow(change / log_sd_, 2)) : 1;
}

std::optional<double> LogOuChange::next(double w, double scale, std::uint64_t synapse,
                                        std::uint64_t turn) const {
  return std::exp(log_mean_ + correlation(scale) * (std::log(w) - log_mean_) +
                  scale * change_ * draw(seed_, "simulated change", synapse, turn));
}

Change make_change(const SimulateOptions& options) {
  const double median = std::exp(options.log_mean);
  switch (options.process) {
    case ChangeProcess::kesten:
      return KestenChange(options, median);
    case ChangeProcess::log_ou:
      return LogOuChange(options, median);
    case ChangeProcess::potential:
      break;
  }
  return PotentialChange(options, median);
}

void check_scale(const Change& change, double scale) {
  if (const auto* kesten = std::get_if<KestenChange>(&change)) kesten->mean_factor(scale);
  if (const auto* log_ou = std::get_if<LogOuChange>(&change)) log_ou->correlation(scale);
}

}  // namespace mirrortune::detail
