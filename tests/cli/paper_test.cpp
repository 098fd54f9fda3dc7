#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "base/csv.h"

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
  const Json plan = dry_run(world, kPaper / "fig4.yaml");
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
  for (const auto& entry : fs::directory_iterator(kPaper / "fig4")) {
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
  const Json plan = dry_run(world, kPaper / "fig4/shufflenet_v2_x0_5.yaml", {"--estimate"});
  const Json& trial = plan["trials"][0];
  EXPECT_GT(trial["seconds_left"], 1);
  EXPECT_LT(trial["seconds_left"], 1e6);
  // 30 trials and 3 searches of 5 trainings, as many epochs each, if no search is extended
  EXPECT_NEAR(plan["seconds_left"].get<double>(), 45 * trial["seconds_left"].get<double>(),
              1e-6 * plan["seconds_left"].get<double>());
}

/// A small figure of the paper, its results beside the world's other files.
Json small_figure(const World& world, const std::string& file, std::map<std::string, std::string> environment,
                  const std::vector<std::string>& overrides = {}) {
  std::vector<std::string> arguments = {"run",      "-c",    (kPaper / file).string(),
                                        "--preset", "small", "--json",
                                        "-q",       "-s",    "output.root=" + (world / "runs").string()};
  for (const auto& text : overrides) arguments.insert(arguments.end(), {"-s", text});
  Start start = world.command(arguments);
  start.environment = std::move(environment);
  start.seconds = 300;
  return succeed(start);
}

/// Layers that the analysis of a run has a row for.
std::set<std::string> analysed_layers(const World& world, const std::string& run) {
  const auto table = CsvTable::read(world / ("runs/" + run + "/analysis/delta_cdf.csv"));
  std::set<std::string> layers;
  for (const auto& row : table.rows()) layers.insert(row[table.column("layer")]);
  return layers;
}

TEST(SmallFigure, FourFinetunesUnderThreePotentials) {
  World world;
  succeed(world.command({"data", "synth", "--out", "val", "--count", "96", "--json"}));
  const Json done = small_figure(world, "fig4.yaml", {{"IMAGENET_VAL", (world / "val").string()}},
                                 {"model.weights=none", "model.classes=16"});
  EXPECT_EQ(done["trials"].size(), 6U);
  EXPECT_TRUE(fs::exists(world / "runs/fig4_small/report/index.html"));
}

TEST(SmallFigure, SelfSupervisedAnalysesTheConvolutionsOfTheEncoder) {
  World world;
  succeed(world.command({"data", "synth", "--out", "val", "--count", "48", "--json"}));
  const Json done = small_figure(world, "ssl.yaml", {{"IMAGENET_VAL", (world / "val").string()}});
  ASSERT_EQ(done["trials"].size(), 3U);
  for (const Json& trial : done["trials"]) {
    EXPECT_EQ(trial["state"], "done");
    EXPECT_TRUE(trial["train_accuracy"].is_null());
    EXPECT_GT(trial["train_loss"], 0);
    EXPECT_LT(trial["train_loss"], 4);
  }
  const auto layers = analysed_layers(world, "ssl_small");
  EXPECT_EQ(layers.size(), 20U + 3U);  // ResNet-18's convolutions and the three that pool them
  EXPECT_TRUE(layers.contains("encoder.layer4.1.conv2"));
  EXPECT_FALSE(layers.contains("encoder.fc.0"));
}

TEST(SmallFigure, RecurrentStartsFromItsPretrainingUnderTheSamePotential) {
  World world;
  succeed(world.command({"data", "synth", "--out", "mnist", "--digits", "--count", "1200", "--json"}));
  const std::map<std::string, std::string> mnist = {{"MNIST", (world / "mnist").string()}};
  for (const Json& trial : small_figure(world, "rnn_pretrain.yaml", mnist)["trials"]) {
    EXPECT_EQ(trial["state"], "done");
    EXPECT_GT(trial["train_accuracy"], 0.15) << trial["potential"];
  }
  const Json done = small_figure(
      world, "rnn.yaml", mnist,
      {"model.weights=" +
       (world / "runs/rnn_pretrain_small/cells/{model}__{potential}/seed-00/model.safetensors").string()});
  EXPECT_EQ(done["trials"].size(), 9U);
  EXPECT_EQ(analysed_layers(world, "rnn_small"),
            (std::set<std::string>{"rnn.weight_hh_l0", "all", "all_standardised", "median"}));
}

}  // namespace
}  // namespace mirrortune::test
