#include "report/detail/figures.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "report/detail/view.h"

namespace mirrortune::report {
namespace {

constexpr const char* kDeltaCdf = "ΔCDF, distance from Gaussian";

Json displayed(const std::vector<std::string>& potentials) {
  Json names = Json::array();
  for (const auto& potential : potentials) names.push_back(display(potential));
  return names;
}

/// One colour and one dash per potential trained with, the same in every figure.
Json colour(const RunData& data) {
  return {{"field", "trained_with"},
          {"type", "nominal"},
          {"title", "trained with"},
          {"scale", {{"domain", displayed(data.potentials)}}}};
}

Json dash(const RunData& data) {
  Json encoding = colour(data);
  encoding["scale"]["range"] = {{1, 0}, {6, 3}, {2, 2}, {8, 3, 2, 3}, {10, 4}, {4, 1}, {1, 3}, {12, 2, 2, 2}};
  return encoding;
}

Json nominal(const std::string& field, const std::string& title, const std::vector<std::string>& potentials) {
  return {{"field", field},
          {"type", "nominal"},
          {"sort", displayed(potentials)},
          {"axis", {{"title", title}, {"labelExpr", "split(datum.label, ' ')"}}}};
}

Json mean_of(Json encoding) {
  encoding["aggregate"] = "mean";
  return encoding;
}

/// A level line across the middle of a potential's band.
Json level(const std::string& style, const RunData& data, Json encoding) {
  encoding["x"] = nominal("trained_with", "trained with", data.potentials);
  encoding["x"]["bandPosition"] = 0.2;
  encoding["x2"] = {{"field", "trained_with"}, {"bandPosition", 0.8}};
  return layer({{"type", "rule"}, {"style", style}}, std::move(encoding));
}

/// Circles side by side, one per seed, and a bar for their mean.
Json circles_and_mean(const RunData& data, const Json& y, const Json& tips) {
  const Json x = nominal("trained_with", "trained with", data.potentials);
  Json legendless = colour(data);
  legendless["legend"] = nullptr;
  const Json circles = {
      {"x", x},
      {"xOffset", {{"field", "seed"}, {"type", "nominal"}, {"scale", {{"paddingOuter", 1.6}}}}},
      {"y", y},
      {"color", legendless}};
  return Json::array({layer({{"type", "point"}, {"style", "seed"}}, with_tooltip(circles, tips)),
                      level("mean", data, {{"y", mean_of(y)}, {"color", legendless}})});
}

Figure own_figure(const RunData& data) {
  const Json x = nominal("trained_with", "trained with", data.potentials);
  Json block = {{"x", x}, {"y", mean_of(quantity("floor_pooled", kDeltaCdf))}, {"y2", {{"datum", 0}}}};
  block["x"]["bandPosition"] = 0.2;
  block["x2"] = {{"field", "trained_with"}, {"bandPosition", 0.8}};
  Json layers = Json::array({layer({{"type", "rect"}, {"style", "floor"}}, block),
                             level("sampling_floor", data, {{"y", mean_of(quantity("floor", kDeltaCdf))}})});
  const Json tips =
      tooltip({{"trained_with", "trained with"}, {"seed", "seed"}, {"delta_cdf", "ΔCDF"}, {"n", "weights"}});
  for (auto& part : circles_and_mean(data, quantity("delta_cdf", kDeltaCdf), tips)) layers.push_back(part);
  return {.name = "delta_cdf_own",
          .title = "ΔCDF of the change under the potential trained with",
          .table = "delta_cdf",
          .view = filtered("datum.own", {{"layer", layers}}),
          .facets = {"network"},
          .filter = "datum.layers == 'pooled'"};
}

Figure others_figure(const RunData& data) {
  const Json x = nominal("evaluated_with", "seen by (evaluated with)", data.evaluated_with);
  const Json y = quantity("delta_cdf", kDeltaCdf);
  const Json tips = tooltip({{"trained_with", "trained with"},
                             {"evaluated_with", "evaluated with"},
                             {"seed", "seed"},
                             {"delta_cdf", "ΔCDF"}});
  const Json mean = {{"x", x}, {"y", mean_of(y)}, {"color", colour(data)}};
  Json line = mean;
  line["strokeDash"] = dash(data);
  const Json circles = {{"x", x}, {"y", y}, {"color", colour(data)}};
  const Json layers = Json::array({
      layer({{"type", "line"}, {"style", "sampling_floor"}},
            {{"x", x}, {"y", mean_of(quantity("floor", kDeltaCdf))}}),
      layer({{"type", "line"}, {"style", "line"}}, line),
      layer({{"type", "point"}, {"style", "seed"}}, with_tooltip(circles, tips)),
      filtered("datum.own", layer({{"type", "point"}, {"style", "own"}}, mean)),
  });
  return {.name = "delta_cdf_others",
          .title = "ΔCDF of the same changes seen by each potential",
          .table = "delta_cdf",
          .view = {{"layer", layers}},
          .facets = {"network"},
          .height = 300,
          .width = 420,
          .filter = "datum.layers == 'pooled'"};
}

Figure magnitude_figure(const RunData& data) {
  const Json tips = tooltip({{"trained_with", "trained with"}, {"seed", "seed"}, {"magnitude", "magnitude"}});
  return {
      .name = "magnitude",
      .title = "Size of the change relative to the weights, in the dual space of the potential trained with",
      .table = "delta_cdf",
      .view = filtered("datum.own",
                       {{"layer", circles_and_mean(data, quantity("magnitude", "change magnitude"), tips)}}),
      .facets = {"network"},
      .height = 220,
      .filter = "datum.layers == 'pooled'"};
}

Figure curve_figure(const RunData& data, const std::string& name, const std::string& title, const Json& y) {
  const std::string field = y["field"], words = y["axis"]["title"];
  const Json x = epochs();
  Json line = {{"x", x}, {"y", y}, {"color", colour(data)}, {"strokeDash", dash(data)}};
  line["detail"] = {{"field", "seed"}};
  line["tooltip"] = tooltip({{"trained_with", "trained with"},
                             {"seed", "seed"},
                             {"epoch", "epoch"},
                             {field.c_str(), words.c_str()}});
  Json view = layer({{"type", "line"}, {"style", "thin"}}, line);
  const bool positive = field == "train_loss";
  view = filtered("isValid(datum." + field + ")" + (positive ? " && datum.train_loss > 0" : ""), view);
  return {.name = name, .title = title, .table = "curves", .view = view, .facets = {"network"}};
}

Figure layers_figure(const RunData& data) {
  const Json x = depth();
  const Json y = quantity("delta_cdf", kDeltaCdf);
  Json circles = {{"x", x}, {"y", y}, {"color", colour(data)}};
  circles["tooltip"] = tooltip({{"layer", "layer"},
                                {"trained_with", "trained with"},
                                {"seed", "seed"},
                                {"delta_cdf", "ΔCDF"},
                                {"floor", "sampling floor"},
                                {"n", "weights"}});
  Json line = {{"x", x}, {"y", mean_of(y)}, {"color", colour(data)}, {"strokeDash", dash(data)}};
  const Json layers = Json::array(
      {layer({{"type", "area"}, {"style", "floor"}, {"interpolate", "step"}},
             {{"x", x}, {"y", mean_of(quantity("floor", kDeltaCdf))}}),
       layer({{"type", "line"}, {"style", "thin"}}, line),
       layer({{"type", "point"}, {"style", "seed"}, {"size", 22}, {"strokeWidth", 1.2}}, circles)});
  return {.name = "layers",
          .title = "ΔCDF of every layer under the potential trained with",
          .table = "layers",
          .view = {{"layer", layers}},
          .facets = {"network"},
          .width = 760,
          .columns = 1,
          .filter = "datum.own"};
}

constexpr const char* kLambda = "λ, exponent of the geometry";

/// The exponents of the potentials trained with, from the rows for which `shown` holds.
Json truth_rule(const RunData& data, const std::string& shown) {
  return filtered("isValid(datum.truth) && " + shown,
                  layer({{"type", "rule"}, {"strokeWidth", 1}, {"strokeDash", {2, 2}}},
                        {{"y", quantity("truth", kLambda)}, {"color", colour(data)}}));
}

/// The intervals of the exponents.
Json interval_rule(const RunData& data, const std::string& shown, const Json& x) {
  return filtered(
      shown + " && isValid(datum.low) && isValid(datum.high)",
      layer(
          {{"type", "rule"}, {"strokeWidth", 1}, {"opacity", 0.55}},
          {{"x", x}, {"y", quantity("low", kLambda)}, {"y2", {{"field", "high"}}}, {"color", colour(data)}}));
}

Figure lambda_figure(const RunData& data) {
  const Json x = depth();
  const Json y = quantity("lambda", kLambda);
  const Json tips = tooltip({{"layer", "layer"},
                             {"trained_with", "trained with"},
                             {"seed", "seed"},
                             {"lambda", "λ"},
                             {"low", "from"},
                             {"high", "to"},
                             {"n", "weights"},
                             {"flips", "sign flips"}});
  const Json circles = {{"x", x}, {"y", y}, {"color", colour(data)}};
  const std::string layers_only = "isValid(datum.position) && isValid(datum.lambda)";
  const Json layers = Json::array(
      {truth_rule(data, "datum.layer == 'all'"), interval_rule(data, layers_only, x),
       filtered(layers_only, layer({{"type", "point"}, {"style", "seed"}, {"size", 22}, {"strokeWidth", 1.2}},
                                   with_tooltip(circles, tips)))});
  return {.name = "lambda",
          .title = "The geometry that the changes of every layer follow",
          .table = "geometry",
          .view = {{"layer", layers}},
          .facets = {"network"},
          .width = 760,
          .columns = 1,
          .filter = "!isValid(datum.epoch)"};
}

/// What all layers together have come to after so many epochs, one line per trial.
Figure trajectory_figure(const RunData& data, const std::string& name, const std::string& title,
                         const Json& y) {
  const std::string field = y["field"], words = y["axis"]["title"];
  const Json x = epochs();
  Json line = {{"x", x}, {"y", y}, {"color", colour(data)}, {"strokeDash", dash(data)}};
  line["detail"] = {{"field", "seed"}};
  Json layers = Json::array();
  if (field == "lambda") {
    layers.push_back(truth_rule(data, "true"));
    layers.push_back(interval_rule(data, "true", x));
  }
  const Json points =
      with_tooltip({{"x", x}, {"y", y}, {"color", colour(data)}}, tooltip({{"trained_with", "trained with"},
                                                                           {"seed", "seed"},
                                                                           {"epoch", "epoch"},
                                                                           {field.c_str(), words.c_str()},
                                                                           {"magnitude", "magnitude"}}));
  layers.push_back(layer({{"type", "line"}, {"style", "thin"}}, line));
  layers.push_back(layer({{"type", "point"}, {"style", "seed"}, {"size", 22}, {"strokeWidth", 1.2}}, points));
  return {.name = name,
          .title = title,
          .table = "trajectories",
          .view = filtered("isValid(datum." + field + ")", {{"layer", layers}}),
          .facets = {"network"}};
}

/// Every layer seen by every potential; those trained with are outlined.
Figure heatmap_figure(const RunData& data) {
  Json x = depth();
  x["field"] = "left";
  const Json y = nominal("evaluated_with", "seen by", data.evaluated_with);
  Json cells = {{"x", x}, {"x2", {{"field", "right"}}}, {"y", y}};
  cells["opacity"] = {{"field", "delta_cdf"},
                      {"aggregate", "mean"},
                      {"type", "quantitative"},
                      {"title", "ΔCDF"},
                      {"scale", {{"range", {0.03, 1}}, {"domainMin", 0}}}};
  cells["tooltip"] = {{{"field", "layer"}, {"title", "layer"}},
                      {{"field", "evaluated_with"}, {"title", "evaluated with"}},
                      {{"field", "delta_cdf"}, {"aggregate", "mean"}, {"title", "ΔCDF"}, {"format", ".3~r"}}};
  cells["detail"] = {{{"field", "layer"}}, {{"field", "position"}}, {{"field", "trained_with"}}};
  const Json places = {{{"calculate", "datum.position - 0.5"}, {"as", "left"}},
                       {{"calculate", "datum.position + 0.5"}, {"as", "right"}}};
  Json view = {
      {"transform", places},
      {"layer", Json::array({layer({{"type", "rect"}, {"style", "heat"}}, cells),
                             filtered("datum.own && datum.position == 1",
                                      layer({{"type", "rect"}, {"style", "outline"}}, {{"y", y}}))})}};
  return {.name = "heatmap",
          .title = "ΔCDF of every layer seen by every potential",
          .table = "layers",
          .view = view,
          .facets = {"network", "trained_with"},
          .height = 170,
          .width = 260};
}

Figure histogram_figure(const RunData& data) {
  Json y = quantity("density", "");
  y["axis"] = {{"title", nullptr}, {"tickCount", 3}};
  std::set<std::uint64_t> distinct;
  for (const auto& [key, histogram] : data.histograms) distinct.insert(key.key.seed);
  Json seeds = Json::array();
  for (const auto seed : distinct) seeds.push_back(std::to_string(seed));
  const Json params = Json::array({{{"name", "seed"},
                                    {"value", seeds[0]},
                                    {"bind", {{"input", "select"}, {"options", seeds}, {"name", "seed "}}}}});
  return {.name = "histogram",
          .title = "Dual changes of all layers together against the N(0,1) density",
          .table = "histogram",
          .view = {{"layer", Json::array({density_bars(scores("z"), y), normal_density()})}},
          .facets = {"network", "trained_with", "evaluated_with"},
          .height = 150,
          .width = 150,
          .params = params,
          .filter = "toString(datum.seed) == seed"};
}

Figure search_figure(const RunData& data) {
  Json x = logarithmic(quantity("lr", "learning rate"));
  x["axis"]["format"] = ".0e";
  Json y = logarithmic(quantity("final_loss", "loss of the last epoch"));
  const Json tips = tooltip({{"trained_with", "trained with"},
                             {"lr", "learning rate"},
                             {"epochs", "epochs"},
                             {"final_loss", "loss"},
                             {"train_accuracy", "train accuracy"},
                             {"state", "state"}});
  Json line = {{"x", x}, {"y", y}, {"color", colour(data)}, {"strokeDash", dash(data)}};
  line["detail"] = {{"field", "epochs"}};
  const Json point = with_tooltip({{"x", x}, {"y", y}, {"color", colour(data)}}, tips);
  const Json lost = with_tooltip({{"x", x}, {"y", {{"value", 6}}}, {"color", colour(data)}}, tips);
  const std::string shown = "isValid(datum.final_loss) && datum.final_loss > 0";
  const Json layers = Json::array({
      filtered(shown, layer({{"type", "line"}, {"style", "thin"}}, line)),
      filtered(shown, layer({{"type", "point"}, {"style", "seed"}}, point)),
      filtered(shown + " && datum.chosen", layer({{"type", "point"}, {"style", "winner"}}, point)),
      filtered("!isValid(datum.final_loss)",
               layer({{"type", "point"}, {"shape", "triangle-up"}, {"style", "lost"}}, lost)),
  });
  return {.name = "search",
          .title = "Learning-rate search",
          .table = "search",
          .view = {{"layer", layers}},
          .facets = {"network"},
          .width = 420};
}

}  // namespace

std::vector<Figure> make_figures(const RunData& data) {
  std::vector<Figure> figures;
  if (!data.changes.empty()) {
    figures.push_back(own_figure(data));
    figures.push_back(others_figure(data));
    figures.push_back(magnitude_figure(data));
  }
  if (!data.layers.empty()) {
    figures.push_back(layers_figure(data));
    figures.push_back(heatmap_figure(data));
  }
  if (!data.exponents.empty()) figures.push_back(lambda_figure(data));
  if (!data.moments.empty()) {
    figures.push_back(trajectory_figure(data, "lambda_epochs", "The geometry of all changes so far",
                                        quantity("lambda", kLambda)));
    figures.push_back(trajectory_figure(data, "delta_cdf_epochs",
                                        "ΔCDF of all changes so far under the potential trained with",
                                        quantity("delta_cdf", kDeltaCdf)));
  }
  if (!data.histograms.empty()) figures.push_back(histogram_figure(data));
  if (!data.epochs.empty()) {
    figures.push_back(
        curve_figure(data, "loss", "Training loss", logarithmic(quantity("train_loss", "training loss"))));
  }
  const auto has_accuracy = [](const Epoch& epoch) { return !std::isnan(epoch.train_accuracy); };
  if (std::ranges::any_of(data.epochs, has_accuracy)) {
    Json accuracy = quantity("train_accuracy", "training accuracy");
    accuracy["scale"] = {{"zero", false}};
    accuracy["axis"]["format"] = "%";
    figures.push_back(curve_figure(data, "accuracy", "Accuracy on the training images", accuracy));
  }
  if (!data.search.empty()) figures.push_back(search_figure(data));
  return figures;
}

}  // namespace mirrortune::report
