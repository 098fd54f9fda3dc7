#include "report/detail/verdict.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace mirrortune::report {
namespace {

/// ΔCDF of the pooled weights: by evaluating potential, then by seed.
using BySeed = std::map<std::uint64_t, double>;
using Pooled = std::map<std::string, BySeed>;

std::vector<double> values_of(const BySeed& by_seed) {
  std::vector<double> values;
  for (const auto& [seed, value] : by_seed) values.push_back(value);
  return values;
}

/// The potential with the smallest value; the order of the axes breaks ties.
template <class Value>
std::string smallest(const RunData& data, const Pooled& pooled, Value value) {
  std::string best;
  double best_value = 0;
  for (const auto& potential : data.evaluated_with) {
    const auto found = pooled.find(potential);
    const double current = found == pooled.end() ? NAN : value(found->second);
    if (!std::isfinite(current) || (!best.empty() && current >= best_value)) continue;
    best = potential;
    best_value = current;
  }
  return best;
}

Verdict judge_group(const RunData& data, const std::string& network, const std::string& potential) {
  Verdict verdict{.network = network,
                  .potential = potential,
                  .own = spread({}),
                  .closest = {},
                  .closest_value = spread({}),
                  .floor_pooled = spread({})};
  Pooled pooled;
  std::set<std::uint64_t> seeds;
  std::vector<double> floors;
  for (const auto& change : data.changes) {
    if (change.layer != "all" || change.key.network != network || change.key.potential != potential) continue;
    pooled[change.evaluated_with][change.key.seed] = change.delta_cdf;
    if (std::isfinite(change.delta_cdf)) seeds.insert(change.key.seed);
    if (change.own()) floors.push_back(change.floor_pooled);
  }
  verdict.closest =
      smallest(data, pooled, [](const BySeed& by_seed) { return spread(values_of(by_seed)).mean; });
  if (verdict.closest.empty()) return verdict;
  if (pooled.contains(potential)) verdict.own = spread(values_of(pooled[potential]));
  verdict.closest_value = spread(values_of(pooled[verdict.closest]));
  verdict.floor_pooled = spread(floors);
  verdict.seeds = static_cast<int>(seeds.size());
  for (const auto& [evaluated, by_seed] : pooled) verdict.evaluated += spread(values_of(by_seed)).count > 0;
  for (const auto seed : seeds) {
    const auto of_seed = [seed](const BySeed& by_seed) {
      const auto found = by_seed.find(seed);
      return found == by_seed.end() ? NAN : found->second;
    };
    verdict.seeds_agreeing += smallest(data, pooled, of_seed) == verdict.closest;
  }
  return verdict;
}

/// "negative entropy closest" sentences: the verdicts of one potential over all networks.
struct PotentialVerdicts {
  std::string potential;
  std::vector<const Verdict*> own, other, only_one, unknown;
};

std::string networks_in_words(const std::vector<const Verdict*>& verdicts) {
  std::vector<std::string> names;
  for (const auto* verdict : verdicts) names.push_back(verdict->network);
  return list_in_words(names);
}

PotentialVerdicts sort_verdicts(const std::string& potential, const std::vector<Verdict>& verdicts) {
  PotentialVerdicts sorted{.potential = potential, .own = {}, .other = {}, .only_one = {}, .unknown = {}};
  for (const auto& verdict : verdicts) {
    if (verdict.potential != potential) continue;
    auto& place = verdict.closest.empty()    ? sorted.unknown
                  : verdict.evaluated == 1   ? sorted.only_one
                  : verdict.own_is_closest() ? sorted.own
                                             : sorted.other;
    place.push_back(&verdict);
  }
  return sorted;
}

/// "0.081", or "0.079 to 0.115" over several networks.
std::string range_in_words(std::vector<double> values) {
  std::ranges::sort(values);
  const std::string low = fmt::format("{:.3f}", values.front()), high = fmt::format("{:.3f}", values.back());
  return low == high ? low : low + " to " + high;
}

/// The networks in which one potential's change is closest to Gaussian under `closest`, not its own.
std::string other_sentence(const PotentialVerdicts& sorted, const std::string& closest, bool name_networks) {
  std::vector<const Verdict*> here;
  std::vector<double> values, own_values;
  for (const auto* verdict : sorted.other) {
    if (verdict->closest != closest) continue;
    here.push_back(verdict);
    values.push_back(verdict->closest_value.mean);
    if (verdict->own.count > 0) own_values.push_back(verdict->own.mean);
  }
  const std::string own = own_values.empty() ? "its own potential was not among those that evaluated it"
                                             : "against " + range_in_words(own_values) + " under its own";
  return fmt::format("For {}{} the change is closest to Gaussian under {} (ΔCDF {}, {}).",
                     display(sorted.potential), name_networks ? " in " + networks_in_words(here) : "",
                     display(closest), range_in_words(values), own);
}

std::string remaining_sentences(const PotentialVerdicts& sorted, bool several_networks) {
  std::string text;
  std::set<std::string> closest;
  for (const auto* verdict : sorted.other) closest.insert(verdict->closest);
  for (const auto& potential : closest) text += " " + other_sentence(sorted, potential, several_networks);
  const std::string name = display(sorted.potential);
  const auto where = [&](const auto& verdicts) {
    return several_networks ? " in " + networks_in_words(verdicts) : "";
  };
  if (!sorted.only_one.empty()) {
    text += fmt::format(" For {}{} only {} evaluated the change, so nothing can be compared.", name,
                        where(sorted.only_one), display(sorted.only_one[0]->closest));
  }
  if (!sorted.unknown.empty())
    text += fmt::format(" For {}{} there is no finite ΔCDF.", name, where(sorted.unknown));
  return text;
}

/// "For A and B the change is closest to Gaussian under the potential that made it."
std::string own_sentence(const std::vector<PotentialVerdicts>& all, bool several_networks) {
  std::vector<std::string> everywhere, partly;
  for (const auto& sorted : all) {
    const std::size_t judged = sorted.own.size() + sorted.other.size();
    if (sorted.own.empty()) continue;
    if (sorted.other.empty()) {
      everywhere.push_back(display(sorted.potential) +
                           (several_networks && judged == 1 ? " (one network)" : ""));
    } else {
      partly.push_back(
          fmt::format("{} in {} of {} networks", display(sorted.potential), sorted.own.size(), judged));
    }
  }
  if (everywhere.empty() && partly.empty()) return {};
  std::string who = list_in_words(everywhere);
  if (several_networks && !everywhere.empty()) who += " in every network judged";
  if (!partly.empty()) who += (who.empty() ? "" : ", and for ") + list_in_words(partly);
  return "For " + who + " the change is closest to Gaussian under the very potential it was trained with.";
}

}  // namespace

std::vector<Verdict> judge(const RunData& data) {
  std::set<std::pair<std::string, std::string>> groups;
  for (const auto& trial : data.trials) groups.emplace(trial.key.network, trial.key.potential);
  for (const auto& change : data.changes) groups.emplace(change.key.network, change.key.potential);
  std::vector<Verdict> verdicts;
  for (const auto& network : data.networks) {
    for (const auto& potential : data.potentials) {
      if (groups.contains({network, potential})) verdicts.push_back(judge_group(data, network, potential));
    }
  }
  return verdicts;
}

std::string verdict_in_words(const RunData& data, const std::vector<Verdict>& verdicts) {
  if (data.trials.empty() && data.changes.empty())
    return "No trial has been started yet, so there is nothing to show.";
  if (data.changes.empty()) {
    return "The weight changes have not been analysed yet, so this page cannot say which geometry they "
           "follow: finish the run, or analyse it with `mirrortune analyze`.";
  }
  const bool several = data.networks.size() > 1;
  std::vector<PotentialVerdicts> sorted;
  for (const auto& potential : data.potentials) sorted.push_back(sort_verdicts(potential, verdicts));
  std::string text = own_sentence(sorted, several);
  for (const auto& one : sorted) text += remaining_sentences(one, several);
  return text.starts_with(' ') ? text.substr(1) : text;
}

std::string trials_in_words(const RunData& data) {
  if (data.trials.empty()) return "This run lists no trials.";
  std::map<std::string, std::size_t> states;
  std::size_t perfect = 0;
  bool classify = false;  // encoders have no accuracy
  for (const auto& trial : data.trials) {
    ++states[trial.state.empty() ? "unknown" : trial.state];
    perfect += trial.train_accuracy >= 1;
    classify |= !std::isnan(trial.train_accuracy);
  }
  const std::size_t trained = states["done"] + states["below_target"];
  std::vector<std::string> parts;
  const auto part = [&](const char* state, const char* words) {
    if (states[state] > 0) parts.push_back(fmt::format("{} {}", states[state], words));
    states.erase(state);
  };
  part("done", "reached the target accuracy or had none to reach");
  part("below_target", "stayed below the target accuracy (kept, and marked in the table)");
  part("diverged", "diverged");
  part("failed", "failed");
  part("running", "still running");
  part("pending", "not started yet");
  for (const auto& [state, count] : states) {
    if (count > 0) parts.push_back(fmt::format("{} in state “{}”", count, state));
  }
  std::string text = counted(data.trials.size(), "trial") + ": " + list_in_words(parts) + ".";
  if (trained > 0 && classify) {
    text += perfect == trained
                ? fmt::format(" {} 100 % on the training images.",
                              trained == 1 ? "It reached" : "All trained ones reached")
                : fmt::format(" {} of {} reached 100 % on the training images.", perfect, trained);
  }
  return text;
}

}  // namespace mirrortune::report
