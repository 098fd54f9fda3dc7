#include "report/report.h"

#include "base/file.h"
#include "report/detail/figures.h"
#include "report/detail/page.h"

namespace mirrortune {

std::vector<std::filesystem::path> write_report(const std::vector<std::filesystem::path>& run_dirs,
                                                const std::filesystem::path& output) {
  const report::RunData data = report::read_runs(run_dirs);
  const std::vector<report::Figure> figures = report::make_figures(data);
  const report::FigureTables tables = report::make_tables(data);
  const auto folder = report::FigureFolder::of_page(output);
  auto specs = folder.write(figures, tables);
  write_file(output, report::make_page(data, figures, tables, folder.address));
  return specs;
}

}  // namespace mirrortune
