#include "report/detail/figure.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "report/detail/format.h"
#include "report/detail/html.h"
#include "report/detail/theme.h"

namespace mirrortune::report {
namespace {

/// Of all tables.
const std::set<std::string>& text_columns() {
  static const std::set<std::string> names = {
      "network", "trained_with", "evaluated_with", "own",      "seed",  "layers", "state", "chosen",
      "layer",   "kind",         "potential",      "subtitle", "panel", "flow",   "piece", "solution"};
  return names;
}

/// How Vega-Lite reads a table's columns. Left alone it would take their types from the encodings, and
/// columns that only a filter reads as text, in which an absent number is valid.
Json column_types(const CsvTable& table) {
  Json types = Json::object();
  for (const auto& name : table.columns()) {
    const bool yes_or_no = name == "own" || name == "chosen";
    types[name] = yes_or_no ? "boolean" : text_columns().contains(name) ? "string" : "number";
  }
  return types;
}

/// What the rows say in these columns, joined: each once, in the order of the rows.
Json levels_of(const CsvTable& table, const std::vector<std::string>& fields) {
  std::set<std::string> seen;
  Json levels = Json::array();
  for (const auto& row : table.rows()) {
    std::vector<std::string> cells;
    for (const auto& field : fields) cells.push_back(row[table.column(field)]);
    const std::string level = join(cells, ", ");
    if (seen.insert(level).second) levels.push_back(level);
  }
  return levels;
}

/// The complete specification that reads data/<table>.csv beside it.
Json standalone_spec(const Figure& figure, const CsvTable& table) {
  const Json format = {{"type", "csv"}, {"parse", column_types(table)}};
  Json spec = {{"$schema", "https://vega.github.io/schema/vega-lite/v5.json"},
               {"title", figure.title},
               {"description", figure.title},
               {"config", chart_config(standalone_theme())},
               {"data", {{"url", "data/" + figure.table + ".csv"}, {"format", format}}}};
  spec["config"]["background"] = "white";
  if (!figure.params.is_null()) spec["params"] = figure.params;
  if (!figure.filter.empty()) spec["transform"] = {{{"filter", figure.filter}}};
  const auto header = [&](const std::string& field, const std::vector<std::string>& columns) {
    return Json{
        {"field", field}, {"type", "nominal"}, {"sort", levels_of(table, columns)}, {"title", nullptr}};
  };
  Json view = figure.view;
  view["width"] = figure.width;
  view["height"] = figure.height;
  if (figure.facets.empty()) {
    spec.update(view);
    return spec;
  }
  if (figure.facets.size() == 1) {
    spec["facet"] = header(figure.facets[0], figure.facets);
    spec["columns"] = figure.columns;
  } else {
    // Rows are told apart by all facets but the last.
    const std::vector<std::string> rows(figure.facets.begin(), figure.facets.end() - 1);
    Json along = header(figure.facets.back(), {figure.facets.back()});
    std::string title = figure.facets.back();
    std::ranges::replace(title, '_', ' ');
    along["title"] = title;
    Json down = header("row", rows);
    // Level, since an upright name may be longer than its row; Vega-Lite reckons where it ends from there.
    down["header"] = {{"labelAngle", 0}, {"labelAlign", "left"}};
    std::string expression;
    for (const auto& field : rows)
      expression += (expression.empty() ? "" : " + ', ' + ") + ("datum." + field);
    spec["transform"].push_back({{"calculate", expression}, {"as", "row"}});
    spec["facet"] = {{"row", down}, {"column", along}};
  }
  spec["spec"] = std::move(view);
  return spec;
}

}  // namespace

std::string cell(double value) { return std::isfinite(value) ? format_number(value) : std::string(); }

Json figures_json(const std::vector<Figure>& figures) {
  Json json = Json::object();
  for (const auto& figure : figures) {
    json[figure.name] = {{"table", figure.table},
                         {"view", figure.view},
                         {"facet", figure.facets.empty() ? Json(nullptr) : Json(figure.facets.back())},
                         {"height", figure.height}};
  }
  return json;
}

Json columns_json(const CsvTable& table) {
  Json columns = Json::object();
  for (std::size_t column = 0; column < table.columns().size(); ++column) {
    const std::string& name = table.columns()[column];
    if (!text_columns().contains(name)) {
      Json numbers = Json::array();
      for (const auto& row : table.rows()) {
        const auto value = parse_number(row[column]);
        numbers.push_back(value ? number_or_null(rounded(*value, 5)) : Json(nullptr));
      }
      columns[name] = std::move(numbers);
      continue;
    }
    std::map<std::string, std::size_t> code;
    Json levels = Json::array(), codes = Json::array();
    for (const auto& row : table.rows()) {
      const auto [found, added] = code.emplace(row[column], levels.size());
      if (added) levels.push_back(row[column]);
      codes.push_back(found->second);
    }
    columns[name] = {{"levels", std::move(levels)}, {"codes", std::move(codes)}};
  }
  return columns;
}

FigureFolder FigureFolder::of_page(const std::filesystem::path& page) {
  const auto parent = page.parent_path();
  if (page.filename() == "index.html") return {.path = parent, .address = ""};
  const std::string name = page.stem().string() + "_files";
  return {.path = parent / name, .address = escape_address(name) + "/"};
}

std::vector<std::filesystem::path> FigureFolder::write(const std::vector<Figure>& figures,
                                                       const FigureTables& tables) const {
  make_folder(path / "data");
  std::vector<std::filesystem::path> specs;
  for (const auto& figure : figures) {
    specs.push_back(path / (figure.name + ".vl.json"));
    write_json(specs.back(), standalone_spec(figure, tables.at(figure.table)));
  }
  for (const auto& [name, table] : tables) table.write(path / "data" / (name + ".csv"));
  return specs;
}

}  // namespace mirrortune::report
