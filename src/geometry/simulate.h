#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geometry/pairs.h"

namespace mirrortune {

/// How a simulated size w becomes w⁺. The last two learn nothing: they are the null hypotheses, stationary in
/// the distribution that the sizes start from.
enum class ChangeProcess {
  potential,  ///< φ'(w⁺) = φ'(w) + d with Gaussian d: mirror descent with independent dual changes
  /// w⁺ = a w + b with Gaussian a and b, which share the variance of the change at the median equally; a
  /// pulls sizes towards their mean so far that their mean and variance stay (Statman et al., PLoS Comput
  /// Biol 2014; Hazan & Ziv, Front Synaptic Neurosci 2020)
  kesten,
  log_ou,  ///< Ornstein–Uhlenbeck process of ln w, whose log-normal distribution stays (Loewenstein et al.
           ///< 2011)
};

/// What tables of synapses are simulated from. The median is e^log_mean, and M below.
struct SimulateOptions {
  std::int64_t n = 1000;  ///< synapses, 1 or more, the ones not seen included
  ChangeProcess process = ChangeProcess::potential;
  std::string potential = "negative_entropy";  ///< of process `potential`, as parse_potential reads it
  double log_mean = 0;                         ///< of ln w before; within ±100
  double log_sd = 0.836;                       ///< of ln w before; 0 to 10
  /// Sd of the change relative to the size, at the median; 0 or more. d ~ N(drift·M·φ''(M),
  /// (change·M·φ''(M))²). Of the null processes at most what leaves them stationary: log_sd of log_ou, about
  /// log_sd of kesten.
  double change = 0.3;
  double drift = 0;     ///< mean of the relative change at the median; of process `potential` only
  double noise_cv = 0;  ///< coefficient of variation of the log-normal factor, of mean 1, of each measurement
  double noise_add = 0;  ///< sd of the Gaussian error added to each measurement, in units of the median
  /// Measurements at or below it are not seen, in the unit of the sizes; nor is what has become 0 or
  /// negative. Below 0, sizes that have become negative are seen; at −∞ all are.
  double detection_limit = 0;
  std::int64_t groups = 0;  ///< clusters; synapse i is in cluster i mod groups; 0: none
  double cluster_sd = 0;    ///< each cluster's `change` is multiplied by e^N(0, cluster_sd²); needs groups
  bool control = false;     ///< the sizes before are measured twice: a session without learning
  std::uint64_t seed = 0;
};

struct SimulatedSynapse {
  double before = 0;        ///< measured size; NaN if it was not seen
  double after = 0;         ///< the same
  std::int64_t group = -1;  ///< −1 without clusters
  /// Its size or its change was drawn again, since the potential does not have what was drawn first.
  bool redrawn = false;
  std::optional<double> control = {};  ///< the first measurement before, if there are two; NaN if unseen
};

struct SimulatedCounts {
  std::size_t pairs = 0;
  std::size_t lost = 0;      ///< seen before only
  std::size_t appeared = 0;  ///< seen after only
  std::size_t unseen = 0;
  std::size_t redrawn = 0;  ///< of all of them
};

struct SimulatedPairs {
  Pairs pairs;
  SimulatedCounts counts;
};

/// Synapses 0 … n−1. Each is a function of the options but n, so that more of them begin with the same ones,
/// bit for bit. Throws UsageError for options that are out of range or that no process has.
std::vector<SimulatedSynapse> simulate_synapses(const SimulateOptions& options);

SimulatedCounts counts_of(std::span<const SimulatedSynapse> synapses);

/// The synapses that are seen twice, without a file.
SimulatedPairs simulate_pairs(const SimulateOptions& options);

/// The table that read_pairs reads: `id,group,control,pre,post`, without `group` if there are no clusters and
/// without `control` if there is none, an empty cell where a synapse was not seen, numbers in their shortest
/// form that reads back as the same.
std::string to_csv(std::span<const SimulatedSynapse> synapses);

}  // namespace mirrortune
