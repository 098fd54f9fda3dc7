#include <cmath>

#include <fmt/format.h>

#include "report/detail/format.h"
#include "report/detail/run_data.h"
#include "report/detail/theory_figures.h"
#include "report/detail/view.h"

namespace mirrortune::report {
namespace {

/// A quantity of the regressions along D.
struct Course {
  std::string name, title, axis, field;
  std::string reference;  ///< a field that is drawn as a dotted line; empty: none
};

Json course_layer(Json mark, const Json& encoding, const std::string& solution) {
  return filtered("datum.solution == '" + solution + "' && isValid(datum." +
                      encoding["y"]["field"].get<std::string>() + ")",
                  layer(std::move(mark), encoding));
}

Figure course_figure(const Linreg& result, const Course& course) {
  Json x = logarithmic(quantity("D", "D, number of weights"));
  Json y = logarithmic(quantity(course.field, course.axis));
  x["scale"]["nice"] = false;
  y["scale"]["nice"] = false;
  const Json colour = potential_colour("potential", result.options.potentials);
  const Json tips = tooltip({{"potential", "potential"},
                             {"solution", "solution"},
                             {"D", "D"},
                             {"N", "N"},
                             {course.field.c_str(), course.axis.c_str()}});
  const Json line = {{"x", x}, {"y", y}, {"color", colour}};
  Json low = y;
  low["field"] = course.field + "_low";
  const Json area = {{"x", x}, {"y", low}, {"y2", {{"field", course.field + "_high"}}}, {"color", colour}};
  const std::string banded = result.options.train ? "trained" : "exact";
  Json layers =
      Json::array({course_layer({{"type", "area"}, {"opacity", 0.2}, {"line", false}}, area, banded),
                   course_layer({{"type", "line"}, {"style", "line"}}, line, "trained"),
                   course_layer({{"type", "line"}, {"style", "line"}, {"strokeDash", {5, 4}}}, line, "exact"),
                   course_layer({{"type", "point"}, {"filled", true}, {"size", 22}, {"opacity", 1}},
                                with_tooltip(line, tips), banded)});
  if (!course.reference.empty()) {
    Json reference = y;
    reference["field"] = course.reference;
    layers.push_back(layer({{"type", "line"}, {"style", "sampling_floor"}}, {{"x", x}, {"y", reference}}));
  }
  return {.name = course.name,
          .title = course.title,
          .table = "linreg",
          .view = {{"layer", layers}},
          .facets = {"panel"},
          .height = 230,
          .width = 320,
          .columns = 2};
}

bool has_prediction(const Linreg& result) {
  return std::any_of(result.rows.begin(), result.rows.end(),
                     [](const LinregRow& row) { return std::isfinite(row.spread / row.spread_predicted); });
}

}  // namespace

std::vector<Figure> make_figures(const Linreg& result) {
  std::vector<Figure> figures = {
      course_figure(result, {.name = "linreg_delta_cdf",
                             .title = "ΔCDF of the changes of linear regressions",
                             .axis = "ΔCDF",
                             .field = "delta_cdf",
                             .reference = "floor"}),
      course_figure(result, {.name = "linreg_magnitude",
                             .title = "Magnitude of the changes of linear regressions",
                             .axis = "magnitude",
                             .field = "magnitude",
                             .reference = ""})};
  if (has_prediction(result)) {
    figures.push_back(course_figure(result, {.name = "linreg_spread",
                                             .title = "Spread of the changes, measured by predicted",
                                             .axis = "spread, measured by predicted",
                                             .field = "spread_ratio",
                                             .reference = "one"}));
  }
  return figures;
}

FigureTables make_tables(const Linreg& result) {
  CsvTable table({"panel", "solution", "potential", "D", "N", "delta_cdf", "delta_cdf_low", "delta_cdf_high",
                  "magnitude", "magnitude_low", "magnitude_high", "spread_ratio", "spread_ratio_low",
                  "spread_ratio_high", "floor", "one"});
  for (const auto& one : summarise(result)) {
    std::vector<std::string> row = {fmt::format("c = {:g}, N = D^{:g}", one.c, one.exponent),
                                    to_text(one.solution), display(one.potential), std::to_string(one.D),
                                    std::to_string(one.N)};
    for (const auto& band : {one.delta_cdf, one.magnitude, one.spread_ratio}) {
      for (const double value : {band.median, band.low, band.high}) row.push_back(cell(rounded(value, 5)));
    }
    row.push_back(cell(rounded(one.floor, 5)));
    row.push_back("1");
    table.add(row);
  }
  return {{"linreg", std::move(table)}};
}

}  // namespace mirrortune::report
