#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/detail/evaluate.h"
#include "analysis/options.h"
#include "analysis/table.h"

namespace mirrortune::detail {

/// Compares the pair under each potential and appends its rows — per potential the layers, the groups, `all`,
/// `all_standardised`, `median` — and the notes. In a trial's rows a layer is its module ("conv1.0"), in a
/// pair's the tensor ("conv1.0.weight").
void append_rows(AnalysisTable& table, const LayerPairs& pairs, const EvaluationRequest& request,
                 const std::optional<TrialName>& trial);

}  // namespace mirrortune::detail
