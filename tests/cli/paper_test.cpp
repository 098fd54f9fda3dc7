#include <map>
#include <string>

#include <gmock/gmock.h>

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;

const fs::path kPaper = fs::path(kSourceDir) / "configs" / "paper";

struct Size {
  std::int64_t weights;
  std::int64_t images;
};

/// D and N of the published networks.
const std::map<std::string, Size> kPublished = {
    {"shufflenet_v2_x0_5", {1'357'840, 1165}}, {"shufflenet_v2_x1_0", {2'261'424, 1503}},
    {"efficientnet_b0", {5'236'192, 2288}},    {"efficientnet_b1", {7'716'976, 2777}},
    {"efficientnet_b2", {9'026'016, 3004}},    {"efficientnet_b3", {12'124'856, 3482}},
    {"resnet18", {11'678'912, 3417}},          {"resnet34", {21'779'648, 4666}},
    {"cornet_s", {53'372'096, 7305}},          {"cornet_rt", {5'203'136, 2281}}};

Json dry_run(const World& world, const fs::path& file, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"run", "-c", file.string(), "--dry-run", "--json", "-q"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Start start = world.command(arguments);
  start.environment = {{"IMAGENET_VAL", "/no/such/folder"},
                       {"MIRRORTUNE_WEIGHTS", (world / "none").string()}};
  start.seconds = 300;
  return succeed(start);
}

TEST(Paper, FigureFourHasItsTenNetworksThreePotentialsAndTenSeeds) {
  World world;
  const Json plan = dry_run(world, kPaper / "vision.yaml");
  EXPECT_EQ(plan["trials"].size(), 300u);
  EXPECT_EQ(plan["notes"].size(), 10u);  // weights to pull
  std::map<std::string, int> trials;
  double disk = 0;
  for (const Json& trial : plan["trials"]) {
    const auto size = kPublished.find(trial["model"]);
    ASSERT_NE(size, kPublished.end()) << trial["model"];
    EXPECT_EQ(trial["D"], size->second.weights) << trial["model"];
    EXPECT_EQ(trial["N"], size->second.images) << trial["model"];
    EXPECT_EQ(trial["epochs"], 30);
    EXPECT_EQ(trial["disk_bytes"], 2 * 4 * size->second.weights);
    ++trials[trial["cell"]];
    disk += trial["disk_bytes"].get<double>();
  }
  EXPECT_EQ(trials.size(), 30u);
  EXPECT_TRUE(plan["seconds_left"].is_null());  // nothing has run here yet
  EXPECT_GT(disk, 30e9);
}

TEST(Paper, EachOfItsNetworksHasAFileOfItsOwn) {
  World world;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(kPaper / "vision")) {
    const std::string network = entry.path().stem().string();
    ASSERT_TRUE(kPublished.contains(network)) << entry.path();
    const Json plan = dry_run(world, entry.path());
    ASSERT_EQ(plan["trials"].size(), 30u) << network;
    for (const Json& trial : plan["trials"]) {
      EXPECT_EQ(trial["model"], network);
      EXPECT_EQ(trial["D"], kPublished.at(network).weights);
      EXPECT_EQ(trial["N"], kPublished.at(network).images);
    }
    ++files;
  }
  EXPECT_EQ(files, kPublished.size());
}

TEST(Paper, AnEstimateTellsHowLongItTakesBeforeAnythingRan) {
  World world;
  const Json plan = dry_run(world, kPaper / "vision/shufflenet_v2_x0_5.yaml", {"--estimate"});
  const Json& trial = plan["trials"][0];
  EXPECT_GT(trial["seconds_left"], 1);
  EXPECT_LT(trial["seconds_left"], 1e6);
  // 30 trials and 3 searches of 5 trainings, as many epochs each, if no search is extended
  EXPECT_NEAR(plan["seconds_left"].get<double>(), 45 * trial["seconds_left"].get<double>(),
              1e-6 * plan["seconds_left"].get<double>());
}

}  // namespace
}  // namespace mirrortune::test
