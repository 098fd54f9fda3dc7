#include "theory/robustness.h"

#include <cmath>
#include <numbers>
#include <string_view>

#include "analysis/floor.h"
#include "analysis/moments.h"
#include "analysis/potentials.h"
#include "analysis/score_counts.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/stream.h"
#include "base/text.h"

namespace mirrortune {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw UsageError({.what = "cannot simulate the robustness", .why = why});
}

void require(bool holds, const char* option, double value, const char* range) {
  if (!holds) refuse(std::string(option) + " is " + format_number(value) + ": must be " + range);
}

void check(const RobustnessOptions& options) {
  const auto positive = [](const char* option, double value) {
    require(value > 0 && std::isfinite(value), option, value, "a number above 0");
  };
  require(options.weights >= 2, "weights", static_cast<double>(options.weights), "2 or more");
  require(options.seeds >= 1, "seeds", static_cast<double>(options.seeds), "1 or more");
  positive("change", options.change);
  positive("normal_sd", options.normal_sd);
  positive("log_normal_mean", options.log_normal_mean);
  if (options.generated_with.empty() || options.evaluated_with.empty()) refuse("no potential is named");
}

std::vector<std::string> texts_of(const std::vector<Potential>& potentials) {
  std::vector<std::string> texts;
  for (const auto& potential : potentials) texts.push_back(to_text(potential));
  return texts;
}

/// Where weights are the first time: N(0, sd²), or a random sign times a log-normal size.
std::vector<double> draw_start(const RobustnessOptions& options, StartWeights start, std::uint64_t sample) {
  const std::string purpose = "robustness weights " + to_text(start);
  const Stream sizes(options.seed, purpose, sample), signs(options.seed, purpose + " signs", sample);
  const double log_variance = std::numbers::ln2;  // of a log-normal distribution whose sd is its mean
  const double log_mean = std::log(options.log_normal_mean) - log_variance / 2;
  std::vector<double> weights(static_cast<std::size_t>(options.weights));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double z = sizes.normal(i);
    weights[i] = start == StartWeights::normal
                     ? options.normal_sd * z
                     : std::copysign(std::exp(log_mean + std::sqrt(log_variance) * z), signs.normal(i));
  }
  return weights;
}

std::vector<double> dual_of(const Potential& potential, const std::vector<double>& weights) {
  std::vector<double> dual(weights.size());
  std::visit(
      [&](const auto& chosen) {
        for (std::size_t i = 0; i < weights.size(); ++i) dual[i] = chosen.to_dual(weights[i]);
      },
      potential);
  return dual;
}

/// Throws unless the potential has every weight.
void require_domain(const Potential& potential, const std::vector<double>& weights, const char* when) {
  for (const double w : weights) {
    if (contains(potential, w)) continue;
    refuse("the weight " + format_number(w) + " " + when + " is outside the domain of " + to_text(potential));
  }
}

/// The samples of one start and number, changed under every potential and looked at with every potential.
class Sample {
 public:
  Sample(const RobustnessOptions& options, StartWeights start, std::uint64_t number)
      : w0_(draw_start(options, start, number)), xi_(w0_.size()) {
    const Stream noise(options.seed, "robustness change " + to_text(start), number);
    for (std::size_t i = 0; i < xi_.size(); ++i) xi_[i] = noise.normal(i);
  }

  /// φ'(w1) = φ'(w0) + scale·ξ.
  std::vector<double> changed(const Potential& potential, double scale) const {
    require_domain(potential, w0_, "before the change");
    std::vector<double> w1 = dual_of(potential, w0_);
    for (std::size_t i = 0; i < w1.size(); ++i) {
      w1[i] = from_dual(potential, w1[i] + scale * xi_[i], w0_[i]);
    }
    require_domain(potential, w1, "after a change under itself");
    return w1;
  }

  double share_of_flips(const std::vector<double>& w1) const {
    std::size_t flips = 0;
    for (std::size_t i = 0; i < w1.size(); ++i) flips += w0_[i] * w1[i] < 0 ? 1 : 0;
    return static_cast<double>(flips) / static_cast<double>(w1.size());
  }

  /// Weights at 0 under a potential with φ'(0) = ±∞ are left out.
  double delta_cdf(const Potential& potential, const std::vector<double>& dual0,
                   const std::vector<double>& w1) const {
    std::vector<double> change = dual_of(potential, w1);
    for (std::size_t i = 0; i < change.size(); ++i) change[i] -= dual0[i];
    std::erase_if(change, [](double d) { return !std::isfinite(d); });
    const double sd = Moments::of(change).sd();
    for (double& d : change) d /= sd;
    ScoreCounts counts;
    if (sd > 0 && std::isfinite(sd)) counts.add(change);
    return counts.delta_cdf();
  }

  const std::vector<double>& start() const { return w0_; }

 private:
  std::vector<double> w0_, xi_;
};

/// What the samples of one number say, in the order of the rows.
struct Findings {
  std::vector<double> delta_cdf, sign_flips;
};

class Simulation {
 public:
  explicit Simulation(const RobustnessOptions& options)
      : options_(options),
        generating_(potentials_named(options.generated_with)),
        evaluating_(potentials_named(options.evaluated_with)) {
    for (const auto& potential : generating_) scales_.push_back(scale_of(potential));
  }

  Findings findings(StartWeights start, std::uint64_t number) const {
    if (stop_requested()) throw StoppedError({.what = "the simulation was stopped", .todo = "Run it again"});
    const Sample sample(options_, start, number);
    std::vector<std::vector<double>> dual0;
    for (const auto& potential : evaluating_) {
      require_domain(potential, sample.start(), "before the change");
      dual0.push_back(dual_of(potential, sample.start()));
    }
    Findings found;
    for (std::size_t g = 0; g < generating_.size(); ++g) {
      const std::vector<double> w1 = sample.changed(generating_[g], scales_[g]);
      const double flips = sample.share_of_flips(w1);
      for (std::size_t e = 0; e < evaluating_.size(); ++e) {
        require_domain(evaluating_[e], w1, "after the change");
        found.delta_cdf.push_back(sample.delta_cdf(evaluating_[e], dual0[e], w1));
        found.sign_flips.push_back(flips);
      }
    }
    return found;
  }

  const std::vector<Potential>& generating() const { return generating_; }
  const std::vector<Potential>& evaluating() const { return evaluating_; }

 private:
  double scale_of(const Potential& potential) const {
    const double scale = contains(potential, options_.reference)
                             ? options_.change * to_dual(potential, options_.reference)
                             : std::nan("");
    if (std::isfinite(scale) && scale != 0) return scale;
    refuse("the reference weight " + format_number(options_.reference) + " has no dual but 0 under " +
           to_text(potential));
  }

  const RobustnessOptions& options_;
  std::vector<Potential> generating_, evaluating_;
  std::vector<double> scales_;  ///< sd of the dual change under each generating potential
};

/// Mean and sd over the samples of one entry.
Moments over_samples(const std::vector<Findings>& all, std::vector<double> Findings::*values, std::size_t i) {
  std::vector<double> entry;
  for (const auto& one : all) entry.push_back((one.*values)[i]);
  return Moments::of(entry);
}

}  // namespace

std::string to_text(StartWeights start) { return start == StartWeights::normal ? "normal" : "log-normal"; }

std::vector<std::string> RobustnessOptions::published_evaluations() {
  std::vector<std::string> potentials = {"negative_entropy"};
  for (int tenths = 11; tenths <= 30; ++tenths) potentials.push_back(format_number(tenths / 10.0) + "-norm");
  return potentials;
}

Robustness simulate_robustness(const RobustnessOptions& options) {
  check(options);
  const Simulation simulation(options);
  const LayerScale scale{.n = options.weights, .sd = 1};
  Robustness result{.options = options, .rows = {}, .floor = gaussian_floor({&scale, 1}, /*center=*/false)};
  result.options.generated_with = texts_of(simulation.generating());
  result.options.evaluated_with = texts_of(simulation.evaluating());
  for (const StartWeights start : kStartWeights) {
    std::vector<Findings> all(static_cast<std::size_t>(options.seeds));
    parallel_for(options.seeds, options.threads, [&](std::int64_t number) {
      all[static_cast<std::size_t>(number)] = simulation.findings(start, static_cast<std::uint64_t>(number));
    });
    std::size_t entry = 0;
    for (const auto& generated : result.options.generated_with) {
      for (const auto& evaluated : result.options.evaluated_with) {
        const Moments delta_cdf = over_samples(all, &Findings::delta_cdf, entry);
        result.rows.push_back({.start = start,
                               .generated_with = generated,
                               .evaluated_with = evaluated,
                               .delta_cdf_mean = delta_cdf.mean,
                               .delta_cdf_sd = delta_cdf.sd(),
                               .sign_flips = over_samples(all, &Findings::sign_flips, entry).mean});
        ++entry;
      }
    }
  }
  return result;
}

CsvTable to_csv(const Robustness& result) {
  CsvTable table({"w0", "generated_with", "evaluated_with", "delta_cdf_mean", "delta_cdf_sd", "sign_flips"});
  for (const auto& row : result.rows) {
    table.add({to_text(row.start), row.generated_with, row.evaluated_with, format_number(row.delta_cdf_mean),
               format_number(row.delta_cdf_sd), format_number(row.sign_flips)});
  }
  return table;
}

}  // namespace mirrortune
