#include "report/detail/view.h"

namespace mirrortune::report {

Json quantity(const std::string& field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"axis", {{"title", title}, {"tickCount", 5}}}};
}

Json logarithmic(Json encoding) {
  const Json powers_of_ten = {
      {"condition",
       {{"test", "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6"}, {"value", 1}}},
      {"value", 0}};
  encoding["scale"] = {{"type", "log"}};
  encoding["axis"]["gridOpacity"] = powers_of_ten;
  encoding["axis"]["tickOpacity"] = powers_of_ten;
  return encoding;
}

Json depth() {
  Json x = quantity("position", "layer, from the input (left) to the output (right)");
  x["axis"]["tickMinStep"] = 1;
  x["axis"]["tickCount"] = 10;
  x["scale"] = {{"nice", false}, {"zero", false}, {"padding", 8}};
  return x;
}

Json epochs() {
  Json x = quantity("epoch", "epoch");
  x["axis"]["tickMinStep"] = 1;
  return x;
}

Json scores(const std::string& title) {
  return {{"field", "bin_left"},
          {"type", "quantitative"},
          {"scale", {{"domain", {-5, 5}}, {"nice", false}}},
          {"axis", {{"title", title}, {"values", {-4, -2, 0, 2, 4}}}}};
}

Json layer(Json mark, Json encoding) {
  return {{"mark", std::move(mark)}, {"encoding", std::move(encoding)}};
}

Json filtered(const std::string& expression, Json view) {
  view["transform"] = {{{"filter", expression}}};
  return view;
}

Json tooltip(std::initializer_list<std::pair<const char*, const char*>> fields) {
  Json list = Json::array();
  for (const auto& [field, title] : fields) list.push_back({{"field", field}, {"title", title}});
  return list;
}

Json with_tooltip(Json encoding, Json fields) {
  encoding["tooltip"] = std::move(fields);
  return encoding;
}

Json constant_layer(Json row, Json mark, Json encoding) {
  Json view = layer(std::move(mark), std::move(encoding));
  view["data"] = {{"values", Json::array({std::move(row)})}};
  return view;
}

Json density_bars(Json scores, Json y) {
  return layer({{"type", "rect"}, {"style", "bar"}, {"clip", true}}, {{"x", std::move(scores)},
                                                                      {"x2", {{"field", "bin_right"}}},
                                                                      {"y", std::move(y)},
                                                                      {"y2", {{"datum", 0}}}});
}

Json normal_density() {
  return {{"data", {{"sequence", {{"start", -5}, {"stop", 5.01}, {"step", 0.1}, {"as", "z"}}}}},
          {"transform", {{{"calculate", "exp(-datum.z * datum.z / 2) / sqrt(2 * PI)"}, {"as", "density"}}}},
          {"mark", {{"type", "line"}, {"style", "normal"}}},
          {"encoding",
           {{"x", {{"field", "z"}, {"type", "quantitative"}}},
            {"y", {{"field", "density"}, {"type", "quantitative"}}}}}};
}

}  // namespace mirrortune::report
