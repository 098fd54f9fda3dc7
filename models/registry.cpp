#include "models/registry.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "models/resnet.h"
#include "models/shufflenet_v2.h"

namespace mirrortune {
namespace {

struct Row {
  NetworkInfo info;
  std::function<std::shared_ptr<Network>(const NetworkInfo&, std::int64_t classes)> make;
};

/// Mean and sd of ImageNet's images, which torchvision's weights were trained with.
constexpr std::array<double, 3> kImageNetMean = {0.485, 0.456, 0.406};
constexpr std::array<double, 3> kImageNetSd = {0.229, 0.224, 0.225};

Row shufflenet_row(const std::string& name, const ShuffleNetV2Shape& shape) {
  return {{name, "fc", kImageNetMean, kImageNetSd, ConvStart::uniform_fan_in},
          [shape](const NetworkInfo& info, std::int64_t classes) {
            return std::make_shared<ShuffleNetV2>(info, shape, classes);
          }};
}

Row resnet_row(const std::string& name, const ResNetShape& shape) {
  return {{name, "fc", kImageNetMean, kImageNetSd, ConvStart::normal_fan_out},
          [shape](const NetworkInfo& info, std::int64_t classes) {
            return std::make_shared<ResNet>(info, shape, classes);
          }};
}

/// The one place where networks are registered.
const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      shufflenet_row("shufflenet_v2_x0_5", {.stem = 24, .stages = {48, 96, 192}, .last = 1024}),
      shufflenet_row("shufflenet_v2_x1_0", {.stem = 24, .stages = {116, 232, 464}, .last = 1024}),
      resnet_row("resnet18", {.blocks = {2, 2, 2, 2}}),
      resnet_row("resnet34", {.blocks = {3, 4, 6, 3}}),
  };
  return rows;
}

const Row& find_row(std::string_view name) {
  const auto row = std::ranges::find_if(table(), [&](const Row& r) { return r.info.name == name; });
  if (row != table().end()) return *row;
  const auto guess = nearest(name, network_names());
  throw ConfigError({.what = "unknown network",
                     .where = printable(name),
                     .why = "known are " + join(network_names(), ", "),
                     .todo = guess ? "Did you mean " + *guess + "?" : ""});
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Row& row : table()) names.push_back(row.info.name);
  return names;
}

bool is_network(std::string_view name) {
  return std::ranges::any_of(table(), [&](const Row& row) { return row.info.name == name; });
}

const NetworkInfo& network_info(std::string_view name) { return find_row(name).info; }

std::shared_ptr<Network> make_network(std::string_view name, std::int64_t classes) {
  MIRRORTUNE_CHECK(classes >= 1);
  const Row& row = find_row(name);
  return row.make(row.info, classes);
}

}  // namespace mirrortune
