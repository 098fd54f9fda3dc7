#include "report/detail/identification_figures.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/potentials.h"
#include "report/detail/format.h"
#include "report/detail/run_data.h"
#include "report/detail/view.h"

namespace mirrortune::report {
namespace {

constexpr const char* kLambda = "λ, exponent of the geometry";

/// A quantity whose axis is as long as its values.
Json close_quantity(const std::string& field, const std::string& title) {
  Json encoding = quantity(field, title);
  encoding["scale"] = {{"zero", false}, {"nice", false}};
  return encoding;
}

/// The interval that is reported, behind a curve over λ; nothing where an end was not found.
Json interval_band(const Interval& interval, const Json& x) {
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return Json::array();
  return Json::array(
      {constant_layer({{"lambda", interval.low}, {"high", interval.high}},
                      {{"type", "rect"}, {"style", "floor"}}, {{"x", x}, {"x2", {{"field", "high"}}}})});
}

Json drop_below_maximum() { return quantity("drop", "log likelihood below its maximum"); }

Figure profile_of(const std::string& title, Json layers) {
  return {.name = "profile",
          .title = title,
          .table = "profile",
          .view = {{"layer", std::move(layers)}},
          .facets = {},
          .width = 420};
}

Figure profile_figure(const Identification& found, double lowest) {
  const Json x = close_quantity("lambda", kLambda);
  Json y = drop_below_maximum();
  y["scale"] = {{"domain", {lowest, 0}}, {"nice", false}};
  const Json place = {{"x", x}, {"y", y}};
  const Json tips = tooltip({{"potential", "geometry"}, {"lambda", "λ"}, {"drop", "log likelihood"}});
  Json names = place;
  names["text"] = {{"field", "potential"}};
  Json layers = interval_band(found.interval(), x);
  layers.push_back(
      constant_layer({{"drop", -kProfileDrop}}, {{"type", "rule"}, {"style", "sampling_floor"}}, {{"y", y}}));
  layers.push_back(filtered("datum.kind == 'curve'", layer({{"type", "line"}, {"style", "curve"}}, place)));
  const std::string candidate = "datum.kind == 'candidate'";
  layers.push_back(
      filtered(candidate, layer({{"type", "point"}, {"style", "candidate"}}, with_tooltip(place, tips))));
  layers.push_back(filtered(candidate, layer({{"type", "text"}, {"style", "name"}}, names)));
  layers.push_back(filtered("datum.kind == 'estimate'",
                            layer({{"type", "point"}, {"style", "estimate"}}, with_tooltip(place, tips))));
  return profile_of("Profile likelihood of the exponent λ", std::move(layers));
}

Figure summed_profile_figure(const Interval& interval) {
  const Json x = close_quantity("lambda", kLambda);
  const Json place = {{"x", x}, {"y", drop_below_maximum()}};
  const Json tips = tooltip({{"lambda", "λ"}, {"drop", "log likelihood"}});
  Json layers = interval_band(interval, x);
  layers.push_back(
      filtered("datum.kind == 'curve'",
               layer({{"type", "line"}, {"style", "curve"}, {"interpolate", "monotone"}}, place)));
  layers.push_back(filtered("datum.kind == 'estimate'",
                            layer({{"type", "point"}, {"style", "estimate"}}, with_tooltip(place, tips))));
  return profile_of("Profile likelihood of one exponent λ for all layers", std::move(layers));
}

/// The lowest point of the picture: as far as the curve goes, and no farther than makes the cut plain.
double lowest_drawn(const std::vector<ProfilePoint>& curve, double top) {
  double least = 0;
  for (const auto& point : curve) least = std::min(least, point.log_likelihood - top);
  return std::clamp(least, -9.0, -1.25 * kProfileDrop);
}

Figure growth_figure() {
  Json x = logarithmic(quantity("size", "size before, |w|"));
  Json y = logarithmic(quantity("change", "size of the change, |Δw|"));
  x["scale"]["nice"] = false;
  y["scale"]["nice"] = false;
  const Json place = {{"x", x}, {"y", y}};
  const Json tips = tooltip({{"size", "size before"}, {"change", "size of the change"}});
  const Json layers = Json::array({
      filtered("datum.kind == 'pair'",
               layer({{"type", "point"}, {"style", "pair"}}, with_tooltip(place, tips))),
      filtered("datum.kind == 'line'", layer({{"type", "line"}, {"style", "curve"}}, place)),
      filtered("datum.kind == 'median'",
               layer({{"type", "point"}, {"style", "estimate"}}, with_tooltip(place, tips))),
  });
  return {.name = "growth",
          .title = "How the size of a change grows with the size of the synapse",
          .table = "growth",
          .view = {{"layer", layers}},
          .facets = {},
          .height = 340,
          .width = 420};
}

CsvTable growth_table(const ChangeGrowth& growth) {
  CsvTable table({"kind", "size", "change"});
  const auto add = [&](const char* kind, double size, double change) {
    table.add({kind, cell(rounded(size, 5)), cell(rounded(change, 5))});
  };
  for (const auto& pair : growth.sample) add("pair", pair.size, pair.change);
  for (const auto& group : growth.medians) add("median", group.size, group.change);
  const auto [least, greatest] = std::ranges::minmax_element(growth.sample, {}, &SizeAndChange::size);
  for (const double size : {least->size, greatest->size}) {
    add("line", size, std::exp(growth.intercept + growth.slope * std::log(size)));
  }
  return table;
}

Figure candidates_histogram(const TableEvidence& evidence) {
  double top = 0.45;
  for (const auto& candidate : evidence.candidates) {
    for (const auto& bar : candidate.histogram) top = std::max(top, bar.density);
  }
  Json y = quantity("density", "");
  y["axis"] = {{"title", nullptr}, {"tickCount", 3}};
  y["scale"] = {{"domain", {0, std::min(top, 0.9)}}, {"nice", false}};
  return {.name = "dual_changes",
          .title = "Dual changes under each potential against the N(0,1) density",
          .table = "histogram",
          .view = {{"layer", Json::array({density_bars(scores("dual change, sd 1"), y), normal_density()})}},
          .facets = {"potential"},
          .height = 150,
          .width = 200};
}

Figure quantiles_figure(const TableEvidence& evidence) {
  double end = 3;
  for (const auto& candidate : evidence.candidates) end = std::max(end, candidate.quantiles.back().normal);
  end = std::min(std::ceil(end * 2) / 2, kHistogramEnd);
  const auto axis = [&](const std::string& field, const std::string& title) {
    Json encoding = quantity(field, title);
    encoding["scale"] = {{"domain", {-end, end}}, {"nice", false}};
    encoding["axis"]["values"] = {-4, -2, 0, 2, 4};
    return encoding;
  };
  const Json x = axis("normal", "quantile of N(0,1)"), y = axis("observed", "quantile of the dual change");
  const Json diagonal = constant_layer(
      {{"normal", -end}, {"observed", -end}, {"end", end}}, {{"type", "rule"}, {"style", "normal"}},
      {{"x", x}, {"y", y}, {"x2", {{"field", "end"}}}, {"y2", {{"field", "end"}}}});
  const Json points = layer({{"type", "point"}, {"style", "quantile"}, {"clip", true}}, {{"x", x}, {"y", y}});
  return {.name = "quantiles",
          .title = "Quantiles of the dual changes under each potential against those of N(0,1)",
          .table = "quantiles",
          .view = {{"layer", Json::array({diagonal, points})}},
          .facets = {"potential"},
          .height = 200,
          .width = 200};
}

/// "AIC 12.3 · weight 0.983", under a panel's name.
std::string subtitle_of(const Explanation& model) {
  return fmt::format("AIC {:.1f} · weight {}", model.aic, model.weight_text());
}

Figure depth_figure() {
  const Json x = depth(), y = close_quantity("lambda", kLambda);
  const Json tips = tooltip({{"layer", "layer"},
                             {"lambda", "λ"},
                             {"low", "from"},
                             {"high", "to"},
                             {"n", "weights"},
                             {"flips", "sign flips"}});
  const std::string known = "datum.kind == 'layer' && isValid(datum.lambda)";
  const Json band = {{"y", close_quantity("low", kLambda)}, {"y2", {{"field", "high"}}}};
  Json interval = band;
  interval["x"] = x;
  const Json layers =
      Json::array({filtered("datum.kind == 'all' && isValid(datum.low) && isValid(datum.high)",
                            layer({{"type", "rect"}, {"style", "floor"}}, band)),
                   filtered("datum.kind == 'all' && isValid(datum.lambda)",
                            layer({{"type", "rule"}, {"style", "curve"}}, {{"y", y}})),
                   filtered(known + " && isValid(datum.low) && isValid(datum.high)",
                            layer({{"type", "rule"}, {"style", "interval"}}, interval)),
                   filtered(known, layer({{"type", "point"}, {"style", "estimate"}},
                                         with_tooltip({{"x", x}, {"y", y}}, tips)))});
  return {.name = "depth",
          .title = "The exponent λ of every layer along the depth of the network",
          .table = "depth",
          .view = {{"layer", layers}},
          .facets = {},
          .height = 300,
          .width = 760};
}

}  // namespace

std::vector<Figure> make_figures(const TableFindings& findings) {
  const TableEvidence& evidence = findings.evidence;
  const Identification& found = findings.identification;
  const double lowest = lowest_drawn(evidence.profile, found.profile.best.log_likelihood);
  std::vector<Figure> figures = {profile_figure(found, lowest), growth_figure()};
  if (evidence.candidates.empty()) return figures;
  figures.push_back(candidates_histogram(evidence));
  figures.push_back(quantiles_figure(evidence));
  return figures;
}

FigureTables make_tables(const TableFindings& findings) {
  const TableEvidence& evidence = findings.evidence;
  const Identification& found = findings.identification;
  const double top = found.profile.best.log_likelihood, lowest = lowest_drawn(evidence.profile, top);
  CsvTable profile({"kind", "potential", "lambda", "drop"});
  for (const auto& point : evidence.profile) {
    const double drop = std::min(point.log_likelihood - top, 0.0);
    if (drop >= lowest) profile.add({"curve", "", cell(point.lambda), cell(drop)});
  }
  for (const auto& model : found.models) {
    const auto lambda = power_of(potential_named(model.potential));
    const double drop = model.log_likelihood - top;
    if (!lambda || drop < lowest) continue;
    profile.add({"candidate", display(model.potential), cell(*lambda), cell(std::min(drop, 0.0))});
  }
  profile.add({"estimate", "", cell(found.profile.best.lambda), "0"});
  CsvTable histogram({"potential", "subtitle", "bin_left", "bin_right", "density"});
  CsvTable quantiles({"potential", "subtitle", "normal", "observed"});
  for (const auto& candidate : evidence.candidates) {
    const std::string name = display(candidate.potential);
    const std::string subtitle =
        subtitle_of(*std::ranges::find(found.models, candidate.potential, &Explanation::potential));
    for (const auto& bar : candidate.histogram) {
      histogram.add({name, subtitle, cell(rounded(bar.left, 6)), cell(rounded(bar.right, 6)),
                     cell(rounded(bar.density, 5))});
    }
    for (const auto& pair : candidate.quantiles) {
      quantiles.add({name, subtitle, cell(rounded(pair.normal, 5)), cell(rounded(pair.observed, 5))});
    }
  }
  return {{"profile", std::move(profile)},
          {"growth", growth_table(evidence.growth)},
          {"histogram", std::move(histogram)},
          {"quantiles", std::move(quantiles)}};
}

std::vector<Figure> make_figures(const NetworkFindings& findings) {
  const LayersIdentification& found = findings.identification;
  std::vector<Figure> figures = {depth_figure()};
  if (!std::isnan(found.lambda)) figures.push_back(summed_profile_figure(found.interval));
  return figures;
}

FigureTables make_tables(const NetworkFindings& findings) {
  const LayersIdentification& found = findings.identification;
  CsvTable depths({"kind", "position", "layer", "n", "lambda", "low", "high", "flips", "drift"});
  for (std::size_t i = 0; i < found.layers.size(); ++i) {
    const LayerGeometry& layer = found.layers[i];
    depths.add({"layer", std::to_string(i + 1), layer.layer, std::to_string(layer.n), cell(layer.lambda),
                cell(layer.interval.low), cell(layer.interval.high), std::to_string(layer.flips),
                cell(layer.drift)});
  }
  depths.add({"all", "", "all", "", cell(found.lambda), cell(found.interval.low), cell(found.interval.high),
              "", ""});
  FigureTables tables = {{"depth", std::move(depths)}};
  if (std::isnan(found.lambda)) return tables;
  CsvTable profile({"kind", "lambda", "drop"});
  for (std::size_t i = 0; i < found.grid.size(); ++i) {
    profile.add({"curve", cell(rounded(found.grid[i], 5)), cell(found.profile[i])});
  }
  profile.add({"estimate", cell(found.lambda), "0"});
  tables.emplace("profile", std::move(profile));
  return tables;
}

}  // namespace mirrortune::report
