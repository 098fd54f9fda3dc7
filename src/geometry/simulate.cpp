#include "geometry/simulate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/stream.h"
#include "base/text.h"

#include "geometry/detail/change_process.h"
#include "geometry/detail/measured_sizes.h"

namespace mirrortune {
namespace {

using detail::refuse_simulation;

constexpr double kNotSeen = std::numeric_limits<double>::quiet_NaN();

void check_range(const char* name, double value, double smallest, double largest) {
  if (value >= smallest && value <= largest) return;
  refuse_simulation(std::string(name) + " is " + format_number(value) + "; it must be from " +
                    format_number(smallest) + " to " + format_number(largest));
}

void check(const SimulateOptions& options) {
  constexpr std::int64_t kMostSynapses = 1'000'000'000;
  constexpr double kLargest = 1e6;
  if (options.n < 1 || options.n > kMostSynapses) {
    refuse_simulation("there must be 1 to " + std::to_string(kMostSynapses) + " synapses");
  }
  if (options.groups < 0 || options.groups > options.n) {
    refuse_simulation("there must be as many synapses as groups, or more");
  }
  check_range("log_mean", options.log_mean, -100, 100);
  check_range("log_sd", options.log_sd, 0, 10);
  check_range("change", options.change, 0, kLargest);
  check_range("drift", options.drift, -kLargest, kLargest);
  check_range("noise_cv", options.noise_cv, 0, kLargest);
  check_range("noise_add", options.noise_add, 0, kLargest);
  check_range("cluster_sd", options.cluster_sd, 0, 10);
  if (std::isnan(options.detection_limit) || options.detection_limit == HUGE_VAL) {
    refuse_simulation("the detection limit must be a size");
  }
  if (options.cluster_sd > 0 && options.groups == 0) refuse_simulation("cluster_sd needs groups");
  if (options.drift != 0 && options.process != ChangeProcess::potential) {
    refuse_simulation("a null process is stationary, and has no drift");
  }
}

class Simulator {
 public:
  explicit Simulator(const SimulateOptions& options)
      : options_(options),
        median_(std::exp(options.log_mean)),
        log_noise_sd_(std::sqrt(std::log1p(options.noise_cv * options.noise_cv))),
        change_(detail::make_change(options)) {
    const Stream clusters(options.seed, "simulated cluster");
    const auto groups = static_cast<std::uint64_t>(options.groups);
    scales_.assign(1, 1.0);
    if (groups > 0) scales_.resize(groups);
    for (std::uint64_t group = 0; group < groups; ++group) {
      scales_[group] = std::exp(options.cluster_sd * clusters.normal(group));
    }
    for (const double scale : scales_) detail::check_scale(change_, scale);
  }

  SimulatedSynapse synapse(std::uint64_t i) const {
    SimulatedSynapse synapse;
    const std::uint64_t group = i % scales_.size();
    if (options_.groups > 0) synapse.group = static_cast<std::int64_t>(group);
    const double w0 =
        std::visit([&](const auto& change) { return initial_size(change, i, synapse); }, change_);
    const double w1 =
        std::visit([&](const auto& change) { return changed_size(change, w0, i, synapse); }, change_);
    if (options_.control) synapse.control = measured(w0, "control", i);
    synapse.before = measured(w0, "before", i);
    synapse.after = measured(w1, "after", i);
    return synapse;
  }

 private:
  /// The first draw that the process has. What it has is likely enough that so many turns do not fail.
  template <class Draw>
  static double drawn(const Draw& draw, SimulatedSynapse& synapse) {
    constexpr std::uint64_t kTurns = 100;
    for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
      synapse.redrawn = synapse.redrawn || turn > 0;
      const std::optional<double> value = draw(turn);
      if (value && std::isfinite(*value)) return *value;
    }
    refuse_simulation("the changes are too large for the potential");
  }

  template <class Process>
  double initial_size(const Process& process, std::uint64_t i, SimulatedSynapse& synapse) const {
    const auto draw = [&](std::uint64_t turn) -> std::optional<double> {
      const double z = Stream(options_.seed, "simulated size", turn).normal(i);
      const double size = std::exp(options_.log_mean + options_.log_sd * z);
      return process.has(size) ? std::optional(size) : std::nullopt;
    };
    return drawn(draw, synapse);
  }

  template <class Process>
  double changed_size(const Process& process, double w0, std::uint64_t i, SimulatedSynapse& synapse) const {
    const double scale = scales_[i % scales_.size()];
    return drawn([&](std::uint64_t turn) { return process.next(w0, scale, i, turn); }, synapse);
  }

  double measured(double size, const std::string& session, std::uint64_t i) const {
    if (size <= std::min(options_.detection_limit, 0.0)) return kNotSeen;
    if (log_noise_sd_ > 0) {
      const double z = Stream(options_.seed, "simulated relative noise " + session).normal(i);
      size *= std::exp(log_noise_sd_ * z - log_noise_sd_ * log_noise_sd_ / 2);
    }
    if (options_.noise_add > 0) {
      size += options_.noise_add * median_ * Stream(options_.seed, "simulated noise " + session).normal(i);
    }
    return size > options_.detection_limit ? size : kNotSeen;
  }

  const SimulateOptions& options_;
  double median_;
  double log_noise_sd_;
  detail::Change change_;
  std::vector<double> scales_;  ///< of the clusters' changes; one of all synapses without clusters
};

/// Text of a cell: empty for a synapse that was not seen.
std::string cell(double size) { return std::isnan(size) ? "" : format_number(size); }

}  // namespace

std::vector<SimulatedSynapse> simulate_synapses(const SimulateOptions& options) {
  check(options);
  const Simulator simulator(options);
  std::vector<SimulatedSynapse> synapses(static_cast<std::size_t>(options.n));
  for (std::size_t i = 0; i < synapses.size(); ++i) synapses[i] = simulator.synapse(i);
  return synapses;
}

SimulatedCounts counts_of(std::span<const SimulatedSynapse> synapses) {
  SimulatedCounts counts;
  for (const SimulatedSynapse& synapse : synapses) {
    const bool first = !std::isnan(synapse.before), second = !std::isnan(synapse.after);
    ++(first && second ? counts.pairs : first ? counts.lost : second ? counts.appeared : counts.unseen);
    counts.redrawn += synapse.redrawn ? 1 : 0;
  }
  return counts;
}

SimulatedPairs simulate_pairs(const SimulateOptions& options) {
  const auto synapses = simulate_synapses(options);
  SimulatedPairs simulated{.pairs = {}, .counts = counts_of(synapses)};
  Pairs& pairs = simulated.pairs;
  detail::Labels groups;
  for (const SimulatedSynapse& synapse : synapses) {
    if (std::isnan(synapse.before) || std::isnan(synapse.after)) continue;
    pairs.before.push_back(synapse.before);
    pairs.after.push_back(synapse.after);
    if (synapse.group < 0) continue;
    pairs.groups.push_back(static_cast<std::int32_t>(groups.number_of(std::to_string(synapse.group))));
  }
  pairs.group_names = groups.texts();
  return simulated;
}

std::string to_csv(std::span<const SimulatedSynapse> synapses) {
  const bool groups = !synapses.empty() && synapses[0].group >= 0;
  const bool control = !synapses.empty() && synapses[0].control;
  std::string text =
      std::string("id") + (groups ? ",group" : "") + (control ? ",control" : "") + ",pre,post\n";
  for (std::size_t i = 0; i < synapses.size(); ++i) {
    const SimulatedSynapse& synapse = synapses[i];
    text += std::to_string(i);
    if (groups) text += ',' + std::to_string(synapse.group);
    if (control) text += ',' + cell(*synapse.control);
    text += ',' + cell(synapse.before) + ',' + cell(synapse.after) + '\n';
  }
  return text;
}

}  // namespace mirrortune
