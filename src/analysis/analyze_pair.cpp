#include "analysis/analyze.h"
#include "analysis/detail/groups.h"
#include "analysis/detail/rows.h"
#include "analysis/potentials.h"
#include "base/error.h"

namespace mirrortune {

AnalysisTable analyze_pair(const std::filesystem::path& init, const std::filesystem::path& final_weights,
                           const AnalysisOptions& options, const PairOptions& pair) {
  const auto potentials = potentials_named(options.potentials);
  if (potentials.empty()) throw UsageError({.what = "cannot analyse", .why = "no potential is given"});
  const LayerPairs pairs(init, final_weights,
                         {.pattern = pair.layers, .head = options.head, .head_name = pair.head_name});
  const auto groups = detail::group_layers(pairs.layers(), pair.group_by);
  AnalysisTable table;
  detail::append_rows(table, pairs, {potentials, groups, options.center, pair.bootstrap, pair.threads},
                      /*trial=*/std::nullopt);
  return table;
}

}  // namespace mirrortune
