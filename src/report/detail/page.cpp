#include "report/detail/page.h"

#include "report/detail/frame.h"
#include "report/detail/page_data.h"
#include "report/detail/sections.h"

namespace mirrortune::report {
namespace {

std::string title_of(const RunData& data) {
  std::vector<std::string> names;
  for (const auto& run : data.runs) names.push_back(run.name);
  return list_in_words(names);
}

}  // namespace

std::string make_page(const RunData& data, const std::vector<Figure>& figures, const FigureTables& tables,
                      const std::string& files) {
  const std::vector<Verdict> verdicts = judge(data);
  PageData page_data = make_page_data(data, figures, tables);
  const PageParts parts{.data = data,
                        .charts = {.figures = figures, .files = files},
                        .verdicts = verdicts,
                        .note = page_data.note};
  const PageFrame frame{.kind = "mirrortune report",
                        .title = title_of(data),
                        .summary = summary_section(parts),
                        .places = {{"own", "Own potential"},
                                   {"others", "Other potentials"},
                                   {"histogram", "Histograms"},
                                   {"layers", "Layers"},
                                   {"geometry", "Geometry"},
                                   {"magnitude", "Magnitude"},
                                   {"training", "Training"},
                                   {"search", "Learning rate"},
                                   {"tables", "Tables"},
                                   {"origin", "Configuration"}},
                        .sections = geometry_sections(parts) + training_sections(parts) +
                                    table_sections(parts) + origin_section(parts),
                        .data = std::move(page_data.json)};
  return frame.html();
}

}  // namespace mirrortune::report
