#include "geometry/identify_run.h"

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "support/made_run.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

class IdentifyRun : public testing::Test {
 protected:
  IdentifyRun() { test::make_run(run(), {.potentials = {"negative_entropy", "3-norm"}, .seeds = 1}); }
  fs::path run() const { return folder_ / "run"; }
  CsvTable table() const { return CsvTable::read(run() / "analysis/geometry.csv"); }

  test::TemporaryFolder folder_;
};

TEST_F(IdentifyRun, HasARowForEveryLayerAndForTheNetwork) {
  identify_run(run(), HeadRule::exclude, 1);
  const CsvTable found = table();
  ASSERT_EQ(found.rows().size(), 2u * (7 + 2));
  const auto& first = found.rows()[0];
  EXPECT_EQ(first[found.column("layer")], "conv1.0");
  EXPECT_EQ(first[found.column("epoch")], "");
  for (const auto& row : found.rows()) {
    if (row[found.column("layer")] != "all") continue;
    const double truth = row[found.column("potential")] == "3-norm" ? 2 : 0;
    EXPECT_NEAR(std::stod(row[found.column("lambda")]), truth, 0.1);
    EXPECT_LT(std::stod(row[found.column("lambda_low")]), std::stod(row[found.column("lambda_high")]));
  }
}

TEST_F(IdentifyRun, SnapshotsInBetweenComeBeforeTheFinalWeights) {
  const fs::path trial = run() / "cells/shufflenet_v2_x0_5__3-norm/seed-00";
  fs::copy_file(trial / "final.safetensors", trial / "epoch-0003.safetensors");
  fs::copy_file(trial / "final.safetensors", trial / "epoch-0010.safetensors");
  identify_run(run(), HeadRule::exclude, 1);
  const CsvTable found = table();
  std::vector<std::string> epochs;
  for (const auto& row : found.rows()) {
    if (row[found.column("layer")] == "all" && row[found.column("potential")] == "3-norm") {
      epochs.push_back(row[found.column("epoch")]);
    }
  }
  EXPECT_THAT(epochs, testing::ElementsAre("3", "10", ""));
}

TEST_F(IdentifyRun, TheBytesDoNotDependOnTheThreads) {
  identify_run(run(), HeadRule::include, 1);
  const std::string one = read_text_file(run() / "analysis/geometry.csv");
  identify_run(run(), HeadRule::include, 3);
  EXPECT_EQ(read_text_file(run() / "analysis/geometry.csv"), one);
  identify_run(run(), HeadRule::exclude, 1);
  EXPECT_NE(read_text_file(run() / "analysis/geometry.csv"), one);
}

TEST_F(IdentifyRun, RefusesWhatIsNoRun) {
  EXPECT_THROW(identify_run(folder_.path(), HeadRule::exclude, 1), MissingError);
}

}  // namespace
}  // namespace mirrortune
