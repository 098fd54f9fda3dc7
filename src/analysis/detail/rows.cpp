#include "analysis/detail/rows.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace mirrortune::detail {
std::vector<Potential> parse_potentials(const std::vector<std::string>& texts) {
  std::vector<Potential> potentials;
  std::vector<std::string> seen;
  for (const auto& text : texts) {
    try {
      const Potential potential = parse_potential(text);
      const std::string canonical = to_text(potential);
      if (std::find(seen.begin(), seen.end(), canonical) != seen.end()) continue;
      seen.push_back(canonical);
      potentials.push_back(potential);
    } catch (const std::invalid_argument& error) {
      throw UsageError({.what = error.what()});
    }
  }
  return potentials;
}

void append_rows(AnalysisTable& table, const LayerPairs& pairs, const EvaluationRequest& request,
                 const std::optional<TrialName>& trial) {
  std::vector<std::string> notes = pairs.notes();
  auto evaluations = evaluate(pairs, request, notes);
  for (std::size_t k = 0; k < evaluations.size(); ++k) {
    const std::string evaluated_with = to_text(request.potentials[k]);
    const auto add = [&](std::string layer, const ChangeStatistics& statistics, bool pooled = true) {
      table.rows.push_back({trial, evaluated_with, std::move(layer), statistics, pooled});
    };
    for (std::size_t i = 0; i < pairs.layers().size(); ++i) {
      const auto& name = pairs.layers()[i].name;
      add(trial ? module_of(name) : name, evaluations[k].layers[i], /*pooled=*/false);
    }
    for (std::size_t i = 0; i < request.groups.size(); ++i) {
      add(request.groups[i].name, evaluations[k].groups[i]);
    }
    add(kAll, evaluations[k].all);
    add(kAllStandardised, evaluations[k].all_standardised);
    add(kMedian, evaluations[k].median);
  }
  const std::string place = trial ? trial->cell + "/seed-" + std::to_string(trial->seed) + ": " : "";
  for (const auto& note : notes) table.notes.push_back(place + note);
}

}  // namespace mirrortune::detail
