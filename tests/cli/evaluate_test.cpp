#include <string>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "support/paths.h"

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// `evaluate` of a small network on the World's 16 images of two classes.
std::vector<std::string> small_evaluation(const World& world) {
  write_state(world / "weights.safetensors");
  return {"evaluate", "shufflenet_v2_x0_5", "--weights", "weights.safetensors", "--data",
          "images",   "--resolution",       "32"};
}

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Evaluate, TellsTopOneTopFiveAndLossAndWritesAPredictionForEachImage) {
  World world;
  const Ended ended =
      run(world.command(with(small_evaluation(world), {"--predictions", "out.csv", "--json"})));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json told = document(ended);
  EXPECT_EQ(told["images"], 16);
  EXPECT_EQ(told["top5"], 1);  // of two classes
  EXPECT_GT(told["loss"], 0);
  const CsvTable table = CsvTable::read(world / "out.csv");
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"path", "label", "predicted", "logit_norm"}));
  ASSERT_EQ(table.rows().size(), 16U);
  double right = 0;
  for (const auto& row : table.rows()) {
    EXPECT_TRUE(fs::exists(world.path() / "images" / row[0])) << row[0];
    right += row[1] == row[2] ? 1 : 0;
  }
  EXPECT_EQ(told["top1"], right / 16);
}

TEST(Evaluate, DoesNotDependOnTheBatchSizeButForRounding) {
  World world;
  const auto loss = [&](const char* size) {
    return document(
               run(world.command(with(small_evaluation(world), {"--batch-size", size, "--json"}))))["loss"]
        .get<double>();
  };
  EXPECT_NEAR(loss("1"), loss("16"), 1e-4);
}

TEST(Evaluate, KeepsPredictionsThatAreThereUnlessForced) {
  World world;
  world.write("out.csv", "mine");
  const auto arguments = with(small_evaluation(world), {"--predictions", "out.csv"});
  EXPECT_EQ(run(world.command(arguments)).code, 73);
  EXPECT_EQ(world.read("out.csv"), "mine");
  EXPECT_EQ(run(world.command(with(arguments, {"--force"}))).code, 0);
  EXPECT_NE(world.read("out.csv"), "mine");
}

TEST(Evaluate, RefusesWhatItCannotClassifyWithTheRightExitCode) {
  World world;
  auto arguments = small_evaluation(world);
  for (const auto& [network, why] : {std::pair{"simsiam_resnet18", "does not classify"},
                                     std::pair{"elman_rnn_h100", "rows of 28 pixels"}}) {
    arguments[1] = network;
    const Ended ended = run(world.command(arguments));
    EXPECT_EQ(ended.code, 78);
    EXPECT_THAT(ended.err, HasSubstr(why));
  }
  arguments = small_evaluation(world);
  arguments[5] = "nowhere";
  EXPECT_EQ(run(world.command(arguments)).code, 66);
  EXPECT_EQ(run(world.command(with(small_evaluation(world), {"--classes", "3"}))).code, 65);
}

TEST(Evaluate, RealEfficientNetLite0GetsTheSame88Of100ImagesRightAsInPyTorch) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  const Ended ended = run({"evaluate", "efficientnet_lite0", "--weights",
                           shared("data/weights/efficientnet-lite0-57934424.pth").string(), "--data",
                           shared("data/imagenet-sample").string(), "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json told = document(ended);
  EXPECT_EQ(told["images"], 100);
  EXPECT_EQ(told["top1"], 0.88);
}

}  // namespace
}  // namespace mirrortune::test
