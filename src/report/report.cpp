#include "report/report.h"

#include "base/file.h"
#include "report/detail/figures.h"
#include "report/detail/html.h"
#include "report/detail/page.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

void write_figures(const fs::path& folder, const std::vector<report::Figure>& figures,
                   const report::FigureTables& tables) {
  make_folder(folder / "data");
  for (const auto& figure : figures) {
    write_json(folder / (figure.name + ".vl.json"), report::standalone_spec(figure));
  }
  tables.delta_cdf.write(folder / "data" / "delta_cdf.csv");
  tables.curves.write(folder / "data" / "curves.csv");
  tables.layers.write(folder / "data" / "layers.csv");
  tables.histogram.write(folder / "data" / "histogram.csv");
  tables.search.write(folder / "data" / "search.csv");
  tables.geometry.write(folder / "data" / "geometry.csv");
}

}  // namespace

void write_report(const std::vector<fs::path>& run_dirs, const fs::path& output) {
  const report::RunData data = report::read_runs(run_dirs);
  const std::vector<report::Figure> figures = report::make_figures(data);
  const report::FigureTables tables = report::make_tables(data);
  const bool beside = output.filename() == "index.html";
  const std::string files = beside ? "" : output.stem().string() + "_files";
  const fs::path folder = fs::absolute(output).parent_path() / files;
  const std::string address = beside ? "" : report::escape_address(files) + "/";
  write_figures(folder, figures, tables);
  write_file(output, report::make_page(data, figures, tables, address));
}

}  // namespace mirrortune
