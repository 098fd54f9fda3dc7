#pragma once

#include <string>
#include <vector>

#include "base/csv.h"
#include "base/json.h"
#include "report/detail/run_data.h"

namespace mirrortune::report {

/// One chart: how it is drawn, apart from its data and its size.
struct Figure {
  std::string name;   ///< of the files: <name>.vl.json
  std::string title;  ///< of the specification
  std::string table;  ///< of its rows: data/<table>.csv
  /// A Vega-Lite unit or layered view of the rows of one panel: no data, no size, no `config`.
  Json view;
  std::vector<std::string>
      facets;        ///< fields: a panel for each combination of their values; the last goes along the row
  int height = 260;  ///< of a panel
  int width = 300;   ///< of a panel of the specification; the page's panels follow the screen
  Json params = nullptr;    ///< selections of the specification that `view` or `filter` use
  std::string filter = {};  ///< expression over the rows in the specification; empty: all rows
};

/// The figures of the report, in the page's order; those without any row are left out.
std::vector<Figure> make_figures(const RunData& data);

/// The complete Vega-Lite specification that reads data/<table>.csv beside it.
Json standalone_spec(const Figure& figure);

/// The tables that the figures read, by name.
struct FigureTables {
  CsvTable delta_cdf, curves, layers, histogram, search, geometry;
};
FigureTables make_tables(const RunData& data);

}  // namespace mirrortune::report
