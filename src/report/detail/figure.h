#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/json.h"

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
  int columns = 3;   ///< of panels in the specification, where one field tells them apart
  Json params = nullptr;    ///< selections of the specification that `view` or `filter` use
  std::string filter = {};  ///< expression over the rows in the specification; empty: all rows
};

/// The tables that the figures read, by name.
using FigureTables = std::map<std::string, CsvTable>;

/// A cell of such a table; empty for a number that is not finite: Vega reads it as null.
std::string cell(double value);

/// What the page's script draws figures from, by name, and a table's columns by name: numbers as numbers,
/// texts as codes into their distinct levels.
Json figures_json(const std::vector<Figure>& figures);
Json columns_json(const CsvTable& table);

/// Where the files of a page's figures lie: beside it if it is called index.html, else in `<stem>_files/`.
struct FigureFolder {
  std::filesystem::path path;
  std::string address;  ///< relative to the page: "" or "name_files/"

  static FigureFolder of_page(const std::filesystem::path& page);
  /// `<figure>.vl.json` of each figure, a complete Vega-Lite specification, and `data/<table>.csv` of each
  /// table.
  /// Returns the specifications.
  std::vector<std::filesystem::path> write(const std::vector<Figure>& figures,
                                           const FigureTables& tables) const;
};

}  // namespace mirrortune::report
