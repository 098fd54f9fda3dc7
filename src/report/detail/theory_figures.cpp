#include "report/detail/theory_figures.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "analysis/potentials.h"
#include "report/detail/format.h"
#include "report/detail/run_data.h"
#include "report/detail/view.h"

#include "geometry/geometry.h"

namespace mirrortune::report {
namespace {

Json in_range(Json encoding, double low, double high) {
  encoding["scale"] = {{"domain", {low, high}}, {"nice", false}, {"zero", false}};
  return encoding;
}

// ---- Robustness ----

bool all_are_powers(const std::vector<std::string>& potentials) {
  return std::ranges::all_of(potentials,
                             [](const auto& text) { return power_of(potential_named(text)).has_value(); });
}

std::string panel_of(const Robustness& result, StartWeights start) {
  return start == StartWeights::normal
             ? fmt::format("normal weights before, sd {:.3g}", result.options.normal_sd)
             : fmt::format("± log-normal weights before, mean = sd = {:.3g}", result.options.log_normal_mean);
}

/// Evaluating potentials along their p where all have one, else by name.
Json evaluation_axis(const Robustness& result) {
  const std::string title = "evaluated with: p of the p-norm (1: negative entropy)";
  if (all_are_powers(result.options.evaluated_with)) {
    Json x = quantity("p", title);
    x["scale"] = {{"zero", false}, {"nice", false}};
    return x;
  }
  return {{"field", "evaluated_with"},
          {"type", "nominal"},
          {"sort", nullptr},
          {"axis", {{"title", "evaluated with"}, {"labelAngle", -40}}}};
}

constexpr double kLowestDeltaCdf = 0.01;

Figure robustness_figure(const Robustness& result) {
  const Json x = evaluation_axis(result);
  const Json y = {
      {"field", "mean"},
      {"type", "quantitative"},
      {"scale", {{"type", "log"}, {"nice", false}}},
      {"axis", {{"title", "ΔCDF, distance from Gaussian"}, {"values", {.01, .02, .05, .1, .2, .5, 1}}}}};
  const Json colour = potential_colour("generated with", result.options.generated_with);
  Json low = y;
  low["field"] = "low";
  const Json tips = tooltip({{"potential", "generated with"},
                             {"evaluated_with", "evaluated with"},
                             {"mean", "ΔCDF, mean"},
                             {"sd", "sd"},
                             {"sign_flips", "share of sign flips"}});
  Json floor = y;
  floor["field"] = "floor";
  floor["aggregate"] = "mean";
  const Json line = {{"x", x}, {"y", y}, {"color", colour}};
  Json area = {{"x", x}, {"y", low}, {"y2", {{"field", "high"}}}, {"color", colour}};
  const Json layers = Json::array(
      {filtered("isValid(datum.low)", layer({{"type", "area"}, {"opacity", 0.2}, {"line", false}}, area)),
       layer({{"type", "rule"}, {"style", "sampling_floor"}}, {{"y", floor}}),
       layer({{"type", "line"}, {"style", "line"}}, line),
       layer({{"type", "point"}, {"filled", true}, {"size", 22}, {"opacity", 1}}, with_tooltip(line, tips)),
       filtered("datum.own", layer({{"type", "point"}, {"style", "own"}}, with_tooltip(line, tips)))});
  return {.name = "robustness",
          .title = "ΔCDF of changes made under one potential and looked at with others",
          .table = "robustness",
          .view = {{"layer", layers}},
          .facets = {"panel"},
          .height = 280,
          .width = 340};
}

// ---- Dynamics ----

/// Whether a number is −, 0 or +, as "-", "0" and "+".
const char* sign_of(double value) { return value < 0 ? "-" : value > 0 ? "+" : "0"; }

/// Of a flow's line in the entropy plane: a piece in each quadrant of the weights.
std::string piece_of(const TwoWeights& w) { return std::string(sign_of(w[0])) + sign_of(w[1]); }

struct Ends {
  double low, high;
};

/// Where the points of all flows lie along one axis, and a little more; `extreme` is the farthest that is
/// shown.
Ends ends_of(const Dynamics& dynamics, double extreme,
             const std::function<double(const TwoWeights&)>& coordinate) {
  Ends ends{.low = extreme, .high = -extreme};
  for (const auto& flow : dynamics.flows) {
    for (const auto& point : flow.points) {
      const double value = coordinate(point.w);
      if (!(std::fabs(value) <= extreme)) continue;
      ends.low = std::min(ends.low, value);
      ends.high = std::max(ends.high, value);
    }
  }
  const double margin = 0.08 * std::max(ends.high - ends.low, 0.1);
  return {ends.low - margin, ends.high + margin};
}

constexpr double kFarthestDual = 3, kFarthestWeight = 1e6;

/// Fields and titles of a plane's axes, and their ends.
struct Plane {
  std::string name, title, first, second, first_title, second_title;
  Ends first_ends, second_ends;
  std::vector<std::string> lines;  ///< fields that tell lines apart
};

Figure flow_figure(const Dynamics& dynamics, const Plane& plane) {
  const Json x =
      in_range(quantity(plane.first, plane.first_title), plane.first_ends.low, plane.first_ends.high);
  const Json y =
      in_range(quantity(plane.second, plane.second_title), plane.second_ends.low, plane.second_ends.high);
  const Json place = {{"x", x}, {"y", y}};
  const Json colour = potential_colour("potential", dynamics.options.potentials);
  Json line = place;
  line["order"] = {{"value", nullptr}};  // as the rows come
  Json valley = line;
  valley["detail"] = {{"field", "piece"}, {"type", "nominal"}};
  line["color"] = colour;
  line["detail"] = Json::array();
  for (const auto& field : plane.lines) line["detail"].push_back({{"field", field}, {"type", "nominal"}});
  Json end = place;
  end["color"] = colour;
  const Json tips = tooltip({{"flow", "flow"}, {"t", "time"}, {"w1", "w1"}, {"w2", "w2"}, {"loss", "loss"}});
  const auto ruler = [&](const char* field, const Json& axis, const char* channel) {
    return constant_layer({{field, 0}}, {{"type", "rule"}, {"style", "floor"}}, {{channel, axis}});
  };
  const auto dot = [&](const char* kind, Json mark, const Json& encoding) {
    mark["type"] = "point";
    mark["clip"] = true;
    return filtered(std::string("datum.kind == '") + kind + "'", layer(mark, with_tooltip(encoding, tips)));
  };
  const Json layers = Json::array(
      {ruler(plane.first.c_str(), x, "x"), ruler(plane.second.c_str(), y, "y"),
       filtered("datum.kind == 'valley'",
                layer({{"type", "line"}, {"style", "sampling_floor"}, {"clip", true}}, valley)),
       filtered("datum.kind == 'flow'", layer({{"type", "line"}, {"style", "line"}, {"clip", true}}, line)),
       dot("start", {{"style", "candidate"}}, place),
       dot("end", {{"filled", true}, {"size", 90}, {"opacity", 1}}, end)});
  return {.name = plane.name,
          .title = plane.title,
          .table = "flow",
          .view = {{"layer", layers}},
          .facets = {},
          .height = 340,
          .width = 380};
}

/// Points of the line of minima w1/2 + w2 = valley, close to each other where either weight is near 0.
std::vector<TwoWeights> valley_points(double valley) {
  std::vector<double> first;
  for (double size = 1e-3; size < 20; size *= 1.08) {
    for (const double signed_size : {-size, size}) {
      first.push_back(signed_size);
      first.push_back(2 * (valley - signed_size));
    }
  }
  std::ranges::sort(first);
  std::vector<TwoWeights> points;
  for (const double w1 : first) points.push_back({w1, valley - w1 / 2});
  return points;
}

class FlowTable {
 public:
  void add(const std::string& kind, const Flow* flow, const FlowPoint& point) {
    const std::string potential = flow ? display(flow->potential) : "";
    const std::string name =
        flow ? fmt::format("{} from ({:.4g}, {:.4g})", potential, flow->start[0], flow->start[1]) : kind;
    table_.add({kind, potential, name, piece_of(point.w), cell(rounded(point.t, 5)),
                cell(rounded(point.w[0], 6)), cell(rounded(point.w[1], 6)),
                cell(rounded(entropy_dual(point.w[0]), 6)), cell(rounded(entropy_dual(point.w[1]), 6)),
                cell(rounded(point.loss, 6))});
  }
  CsvTable take() { return std::move(table_); }

 private:
  CsvTable table_{{"kind", "potential", "flow", "piece", "t", "w1", "w2", "dual1", "dual2", "loss"}};
};

/// The minima of a ridge, in the quadrants that some flow comes through.
void add_valley(const Dynamics& dynamics, FlowTable& table) {
  const PlaneLoss& loss = plane_loss_named(dynamics.options.loss);
  if (!loss.is_ridge()) return;
  std::set<std::string> visited;
  for (const auto& flow : dynamics.flows) {
    for (const auto& point : flow.points) visited.insert(piece_of(point.w));
  }
  for (const TwoWeights& w : valley_points(*loss.valley)) {
    if (visited.contains(piece_of(w))) table.add("valley", nullptr, {0, w, loss.value(w)});
  }
}

// ---- Spines ----

constexpr int kBars = 40, kCurvePoints = 400;

std::string panel_of(const SpineFit& fit) {
  return fmt::format("K = {}: {}", fit.point_masses, display(fit.potential));
}

std::string subtitle_of(const SpineFit& fit) {
  return fmt::format("log likelihood {:.0f} · {} below 0", fit.log_likelihood,
                     show_percent(fit.mass_below_zero));
}

/// The fits with fewest point masses first, a row of panels for each number.
std::vector<SpineFit> by_point_masses(std::vector<SpineFit> fits) {
  std::ranges::stable_sort(fits, {}, &SpineFit::point_masses);
  return fits;
}

struct SpineBars {
  double width;
  std::vector<double> densities;
  double top() const { return *std::ranges::max_element(densities); }
};

SpineBars bars_of(const std::vector<double>& volumes) {
  SpineBars bars{.width = std::ranges::max(volumes) / kBars, .densities = std::vector<double>(kBars)};
  const double unit = 1 / (static_cast<double>(volumes.size()) * bars.width);
  for (const double volume : volumes) {
    const auto bar = std::min<std::size_t>(static_cast<std::size_t>(volume / bars.width), kBars - 1);
    bars.densities[bar] += unit;
  }
  return bars;
}

/// Left end of the volumes' axis: below 0 if some model reaches there.
double lowest_volume(const SpineFindings& findings) {
  const double largest = std::ranges::max(findings.volumes.volumes);
  const bool reaches =
      std::ranges::any_of(findings.fits, [](const SpineFit& fit) { return fit.mass_below_zero > 0.005; });
  return reaches ? -0.4 * largest : 0;
}

Figure spines_figure(const SpineFindings& findings) {
  const double largest = std::ranges::max(findings.volumes.volumes),
               top = 1.15 * bars_of(findings.volumes.volumes).top();
  Json x = in_range(quantity("volume", "spine volume, µm³"), lowest_volume(findings), largest);
  Json bar_x = x;
  bar_x["field"] = "bin_left";
  const Json y = in_range(quantity("density", "share per µm³"), 0, top);
  const Json rule = {{"x", x}, {"y", y}, {"y2", {{"datum", 0}}}};
  const Json tips = tooltip({{"volume", "initial volume"}, {"weight", "its share"}});
  const Json point = {{"x", x}, {"y", y}};
  const Json layers = Json::array(
      {filtered("datum.kind == 'bar'", density_bars(bar_x, y)),
       filtered("datum.kind == 'curve'",
                layer({{"type", "line"}, {"style", "normal"}, {"clip", true}}, point)),
       filtered("datum.kind == 'point'",
                layer({{"type", "rule"}, {"style", "point_mass"}, {"clip", true}}, rule)),
       filtered(
           "datum.kind == 'point'",
           layer({{"type", "point"}, {"style", "point_mass"}, {"filled", true}, {"size", 50}, {"clip", true}},
                 with_tooltip(point, tips)))});
  return {.name = "spines",
          .title = "Spine volumes, and the models of each potential",
          .table = "spines",
          .view = {{"layer", layers}},
          .facets = {"panel"},
          .height = 190,
          .width = 240};
}

}  // namespace

Json potential_colour(const std::string& title, std::vector<std::string> potentials) {
  std::ranges::sort(potentials, before);
  Json names = Json::array();
  for (const auto& potential : potentials) names.push_back(display(potential));
  return {{"field", "potential"},
          {"type", "nominal"},
          {"scale", {{"domain", names}}},
          {"legend",
           {{"title", title},
            {"orient", "top"},
            {"symbolType", "stroke"},
            {"symbolStrokeWidth", 3},
            {"symbolOpacity", 1}}}};
}

std::vector<Figure> make_figures(const Robustness& result) { return {robustness_figure(result)}; }

FigureTables make_tables(const Robustness& result) {
  CsvTable table({"panel", "potential", "evaluated_with", "p", "mean", "sd", "low", "high", "floor",
                  "sign_flips", "own"});
  for (const auto& row : result.rows) {
    const auto power = power_of(potential_named(row.evaluated_with));
    const double low = std::max(row.delta_cdf_mean - row.delta_cdf_sd, kLowestDeltaCdf);
    table.add({panel_of(result, row.start), display(row.generated_with), display(row.evaluated_with),
               power ? cell(*power + 1) : "", cell(rounded(row.delta_cdf_mean, 5)),
               cell(rounded(row.delta_cdf_sd, 5)), std::isnan(row.delta_cdf_sd) ? "" : cell(rounded(low, 5)),
               cell(rounded(row.delta_cdf_mean + row.delta_cdf_sd, 5)), cell(rounded(result.floor, 5)),
               cell(rounded(row.sign_flips, 5)),
               row.generated_with == row.evaluated_with ? "true" : "false"});
  }
  return {{"robustness", std::move(table)}};
}

std::vector<Figure> make_figures(const Dynamics& dynamics) {
  const auto weight = [](std::size_t i) { return [i](const TwoWeights& w) { return w[i]; }; };
  const auto dual = [](std::size_t i) { return [i](const TwoWeights& w) { return entropy_dual(w[i]); }; };
  return {flow_figure(dynamics, {.name = "flow",
                                 .title = "Flows of two weights",
                                 .first = "w1",
                                 .second = "w2",
                                 .first_title = "w₁",
                                 .second_title = "w₂",
                                 .first_ends = ends_of(dynamics, kFarthestWeight, weight(0)),
                                 .second_ends = ends_of(dynamics, kFarthestWeight, weight(1)),
                                 .lines = {"flow"}}),
          flow_figure(dynamics, {.name = "flow_dual",
                                 .title = "The same flows in the dual space of negative entropy",
                                 .first = "dual1",
                                 .second = "dual2",
                                 .first_title = "sgn(w₁)(ln|w₁| + 1)",
                                 .second_title = "sgn(w₂)(ln|w₂| + 1)",
                                 .first_ends = ends_of(dynamics, kFarthestDual, dual(0)),
                                 .second_ends = ends_of(dynamics, kFarthestDual, dual(1)),
                                 .lines = {"flow", "piece"}})};
}

FigureTables make_tables(const Dynamics& dynamics) {
  FlowTable table;
  add_valley(dynamics, table);
  std::set<TwoWeights> starts;
  for (const auto& flow : dynamics.flows) {
    for (const auto& point : flow.points) table.add("flow", &flow, point);
    if (starts.insert(flow.start).second) table.add("start", nullptr, flow.points.front());
    table.add("end", &flow, flow.points.back());
  }
  return {{"flow", table.take()}};
}

std::vector<Figure> make_figures(const SpineFindings& findings) { return {spines_figure(findings)}; }

FigureTables make_tables(const SpineFindings& findings) {
  const SpineBars bars = bars_of(findings.volumes.volumes);
  const double low = lowest_volume(findings), high = std::ranges::max(findings.volumes.volumes);
  CsvTable table({"kind", "panel", "subtitle", "bin_left", "bin_right", "volume", "density", "weight"});
  for (const auto& fit : by_point_masses(findings.fits)) {
    const std::string panel = panel_of(fit), subtitle = subtitle_of(fit);
    for (std::size_t i = 0; i < bars.densities.size(); ++i) {
      const double left = static_cast<double>(i) * bars.width;
      table.add({"bar", panel, subtitle, cell(rounded(left, 6)), cell(rounded(left + bars.width, 6)), "",
                 cell(rounded(bars.densities[i], 5)), ""});
    }
    for (int i = 0; i <= kCurvePoints; ++i) {
      const double volume = low + (high - low) * i / kCurvePoints;
      table.add({"curve", panel, subtitle, "", "", cell(rounded(volume, 6)),
                 cell(rounded(spine_density(fit, volume), 5)), ""});
    }
    for (std::size_t k = 0; k < fit.points.size(); ++k) {
      table.add({"point", panel, subtitle, "", "", cell(rounded(fit.points[k], 5)),
                 cell(rounded(fit.weights[k] * bars.top(), 5)), cell(rounded(fit.weights[k], 4))});
    }
  }
  return {{"spines", std::move(table)}};
}

}  // namespace mirrortune::report
