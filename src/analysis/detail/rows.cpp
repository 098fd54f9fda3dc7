#include "analysis/detail/rows.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace mirrortune::detail {
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
