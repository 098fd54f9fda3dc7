#include "models/registry.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "models/cornet.h"
#include "models/efficientnet.h"
#include "models/efficientnet_lite.h"
#include "models/elman_rnn.h"
#include "models/resnet.h"
#include "models/shufflenet_v2.h"
#include "models/simsiam.h"

namespace mirrortune {
namespace {

using Make = std::function<std::shared_ptr<Network>(const NetworkInfo&, std::int64_t classes)>;

struct Row {
  NetworkInfo info;
  Make make;
};

/// Mean and sd of ImageNet's images, which torchvision's, CORnet's and SimSiam's weights were trained with.
constexpr std::array<double, 3> kImageNetMean = {0.485, 0.456, 0.406};
constexpr std::array<double, 3> kImageNetSd = {0.229, 0.224, 0.225};

Row image_classifier(const std::string& name, const std::string& head, WeightStart start, Make make) {
  return {{.name = name, .head = head, .mean = kImageNetMean, .sd = kImageNetSd, .start = start},
          std::move(make)};
}

Row shufflenet(const std::string& name, const ShuffleNetV2Shape& shape) {
  return image_classifier(name, "fc", WeightStart::uniform_fan_in,
                          [shape](const NetworkInfo& info, std::int64_t classes) {
                            return std::make_shared<ShuffleNetV2>(info, shape, classes);
                          });
}

Row efficientnet(const std::string& name, const EfficientNetShape& shape) {
  return image_classifier(name, "classifier.1", WeightStart::normal_fan_out,
                          [shape](const NetworkInfo& info, std::int64_t classes) {
                            return std::make_shared<EfficientNet>(info, shape, classes);
                          });
}

/// Its input is (x − 127)/128 of bytes x.
Row efficientnet_lite0() {
  constexpr double kMean = 127.0 / 255;
  constexpr double kSd = 128.0 / 255;
  Row row = image_classifier("efficientnet_lite0", "_fc", WeightStart::normal_fan_out,
                             [](const NetworkInfo& info, std::int64_t classes) {
                               return std::make_shared<EfficientNetLite>(info, classes);
                             });
  row.info.mean.fill(kMean);
  row.info.sd.fill(kSd);
  return row;
}

Row resnet(const std::string& name, const ResNetShape& shape) {
  return image_classifier(name, "fc", WeightStart::normal_fan_out,
                          [shape](const NetworkInfo& info, std::int64_t classes) {
                            return std::make_shared<ResNet>(info, shape, classes);
                          });
}

template <class CORnet>
Row cornet(const std::string& name, WeightStart start) {
  return image_classifier(name, "decoder.linear", start, [](const NetworkInfo& info, std::int64_t classes) {
    return std::make_shared<CORnet>(info, classes);
  });
}

Row simsiam(const std::string& name, const ResNetShape& encoder) {
  return {
      {.name = name,
       .kind = NetworkKind::image_encoder,
       .head = "",
       .mean = kImageNetMean,
       .sd = kImageNetSd,
       .start = WeightStart::normal_fan_out},
      [encoder](const NetworkInfo& info, std::int64_t) { return std::make_shared<SimSiam>(info, encoder); }};
}

/// Its input is normalised by MNIST's mean and sd.
Row elman(const std::string& name, std::int64_t hidden) {
  constexpr double kMnistMean = 0.1307;
  constexpr double kMnistSd = 0.3081;
  return {{.name = name,
           .kind = NetworkKind::row_classifier,
           .head = "fc",
           .mean = {kMnistMean, kMnistMean, kMnistMean},
           .sd = {kMnistSd, kMnistSd, kMnistSd}},
          [hidden](const NetworkInfo& info, std::int64_t classes) {
            return std::make_shared<ElmanRNN>(info, hidden, classes);
          }};
}

/// The one place where networks are registered.
std::vector<Row> make_table() {
  constexpr NormConstants kTensorFlowNorm = {.eps = 1e-3, .momentum = 0.01};
  constexpr ResNetShape kResNet18 = {ResNetBlock::basic, {2, 2, 2, 2}};
  constexpr ResNetShape kResNet50 = {ResNetBlock::bottleneck, {3, 4, 6, 3}};
  return {
      shufflenet("shufflenet_v2_x0_5", {.stem = 24, .stages = {48, 96, 192}, .last = 1024}),
      shufflenet("shufflenet_v2_x1_0", {.stem = 24, .stages = {116, 232, 464}, .last = 1024}),
      shufflenet("shufflenet_v2_x1_5", {.stem = 24, .stages = {176, 352, 704}, .last = 1024}),
      shufflenet("shufflenet_v2_x2_0", {.stem = 24, .stages = {244, 488, 976}, .last = 2048}),
      efficientnet("efficientnet_b0", {.width = 1.0, .depth = 1.0, .dropout = 0.2}),
      efficientnet("efficientnet_b1", {.width = 1.0, .depth = 1.1, .dropout = 0.2}),
      efficientnet("efficientnet_b2", {.width = 1.1, .depth = 1.2, .dropout = 0.3}),
      efficientnet("efficientnet_b3", {.width = 1.2, .depth = 1.4, .dropout = 0.3}),
      efficientnet("efficientnet_b4", {.width = 1.4, .depth = 1.8, .dropout = 0.4}),
      efficientnet("efficientnet_b5", {.width = 1.6, .depth = 2.2, .dropout = 0.4, .norm = kTensorFlowNorm}),
      efficientnet("efficientnet_b6", {.width = 1.8, .depth = 2.6, .dropout = 0.5, .norm = kTensorFlowNorm}),
      efficientnet("efficientnet_b7", {.width = 2.0, .depth = 3.1, .dropout = 0.5, .norm = kTensorFlowNorm}),
      efficientnet_lite0(),
      resnet("resnet18", kResNet18),
      resnet("resnet34", {ResNetBlock::basic, {3, 4, 6, 3}}),
      resnet("resnet50", kResNet50),
      resnet("resnet101", {ResNetBlock::bottleneck, {3, 4, 23, 3}}),
      cornet<CORnetZ>("cornet_z", WeightStart::uniform_glorot),
      cornet<CORnetS>("cornet_s", WeightStart::normal_fan_out),
      cornet<CORnetRT>("cornet_rt", WeightStart::uniform_glorot),
      simsiam("simsiam_resnet18", kResNet18),
      simsiam("simsiam_resnet50", kResNet50),
      elman("elman_rnn_h100", 100),
      elman("elman_rnn_h1000", 1000),
  };
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows = make_table();
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

void require_classifier(std::string_view name) {
  const NetworkInfo& info = network_info(name);
  if (info.kind != NetworkKind::image_encoder) return;
  throw ConfigError({.what = "this network does not classify",
                     .where = info.name,
                     .why = "it is an encoder without classes",
                     .todo = "Choose a classifier, see `mirrortune models ls`"});
}

void require_resolution(std::string_view name, std::int64_t resolution) {
  const NetworkInfo& info = network_info(name);
  if (info.kind != NetworkKind::row_classifier || resolution == kElmanInput) return;
  throw ConfigError({.what = "these images do not fit the network",
                     .where = info.name,
                     .why = "it reads rows of " + std::to_string(kElmanInput) +
                            " pixels, and the resolution is " + std::to_string(resolution),
                     .todo = "Set the resolution to " + std::to_string(kElmanInput)});
}

std::string snapshot_head(const NetworkInfo& info) {
  switch (info.kind) {
    case NetworkKind::image_classifier:
      return info.head;
    case NetworkKind::image_encoder:
      return SimSiam::heads();
    case NetworkKind::row_classifier:
      break;
  }
  return "";
}

}  // namespace mirrortune
