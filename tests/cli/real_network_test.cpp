#include <map>
#include <string>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/json.h"
#include "support/paths.h"

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kConfig = R"(
schema_version: 1
name: lite
grid: {model: [efficientnet_lite0], potential: [2-norm, negative_entropy]}
seeds: {count: 1}
model: {weights: "${WEIGHTS}/efficientnet-lite0-57934424.pth", classes: 1000}
data: {root: "${IMAGES}", resolution: 128, holdout: 36, subset: {count: 64}}
train: {epochs: 3, batch_size: 16}
lr: {fixed: {2-norm: 1e-2, negative_entropy: 3e-2}}
analysis: {potentials: [negative_entropy, 2-norm, 3-norm]}
)";

/// One column of the analysis of all layers pooled, by (trained, evaluated) potential.
std::map<std::pair<std::string, std::string>, double> pooled(const fs::path& run, const char* column) {
  const CsvTable table = CsvTable::read(run / "analysis/delta_cdf.csv");
  std::map<std::pair<std::string, std::string>, double> values;
  for (const auto& row : table.rows()) {
    if (row[table.column("layer")] != "all") continue;
    values[{row[table.column("potential")], row[table.column("evaluated_with")]}] =
        std::stod(row[table.column(column)]);
  }
  return values;
}

TEST(RealNetwork, EfficientNetLite0GoesFromItsPublishedFileToTheReport) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  World world;
  world.write("lite.yaml", kConfig);
  Start start = world.command({"run", "-c", "lite.yaml"});
  start.environment = {{"WEIGHTS", shared("data/weights").string()},
                       {"IMAGES", shared("data/imagenet-sample").string()}};
  start.seconds = 1000;
  const Ended ended = run(start);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const fs::path folder = world / "runs/lite";
  for (const std::string potential : {"2-norm", "negative_entropy"}) {
    const fs::path trial = folder / "cells" / ("efficientnet_lite0__" + potential) / "seed-00";
    const Json told = read_json(trial / "trial.json");
    EXPECT_GT(told["pretrained_train_accuracy"], 0.4)
        << potential;  // at 128×128, not the 224 it was trained at
    const CsvTable metrics = CsvTable::read(trial / "metrics.csv");
    const auto loss = metrics.column("train_loss");
    EXPECT_LT(std::stod(metrics.rows().back()[loss]), 0.8 * std::stod(metrics.rows().front()[loss]))
        << potential;
  }
  const auto deltas = pooled(folder, "delta_cdf");
  ASSERT_EQ(deltas.size(), 6U);
  for (const auto& [potentials, delta] : deltas) {
    EXPECT_GT(delta, 0) << potentials.first << " " << potentials.second;
    EXPECT_LT(delta, 1) << potentials.first << " " << potentials.second;
  }
  for (const std::string trained : {"2-norm", "negative_entropy"}) {
    for (const std::string other : {"2-norm", "negative_entropy", "3-norm"}) {
      if (other == trained) continue;
      EXPECT_LT(2 * deltas.at({trained, trained}), deltas.at({trained, other})) << trained << " " << other;
    }
  }
  EXPECT_EQ((pooled(folder, "sign_flips").at({"negative_entropy", "2-norm"})), 0);
  EXPECT_GT((pooled(folder, "sign_flips").at({"2-norm", "2-norm"})), 0);
  EXPECT_THAT(world.read("runs/lite/report/index.html"), HasSubstr("efficientnet_lite0"));
}

}  // namespace
}  // namespace mirrortune::test
