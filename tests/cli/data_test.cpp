#include <sstream>

#include <gmock/gmock.h>

#include "base/file.h"

#include "world.h"

namespace mirrortune::test {
namespace {

TEST(Documents, DataCheckListsWhatIsWrong) {
  World world;
  const Json good = succeed(world.command({"data", "check", "images", "--json"}));
  EXPECT_EQ(good["images"], 16);
  EXPECT_EQ(good["classes"], 2);
  EXPECT_TRUE(good["unreadable"].empty());
  world.write("images/disc_plain/bad.jpg", "no image");
  const Ended ended = run(world.command({"data", "check", "images", "--json"}));
  EXPECT_EQ(ended.code, 65);
  const Json bad = document(ended)["unreadable"][0];
  EXPECT_EQ(bad.size(), 2U);
  EXPECT_EQ(bad["path"], "disc_plain/bad.jpg");
  EXPECT_THAT(bad["why"].get<std::string>(), testing::HasSubstr("no JPEG, PNG, BMP or WebP"));
}

TEST(DataCheck, APretrainedNetworkTellsWhetherTheLabelsAreInItsOrder) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  const World world;
  const auto images = shared("data/imagenet-sample").string();
  const std::vector<std::string> check = {"data",
                                          "check",
                                          images,
                                          "--network",
                                          "efficientnet_lite0",
                                          "--weights",
                                          shared("data/weights/efficientnet-lite0-57934424.pth").string(),
                                          "--json"};
  const auto slow = [&](const std::vector<std::string>& arguments) {
    Start start = world.command(arguments);
    start.seconds = 300;
    return start;
  };
  const Json right = succeed(slow(check));
  EXPECT_EQ(right["network"]["images"], 100);
  EXPECT_EQ(right["network"]["top1"], 0.88);
  EXPECT_EQ(right["network"]["plausible"], true);

  // The classes in another order than the network's.
  std::string reversed;
  std::istringstream lines(read_text_file(shared("data/imagenet_classes.tsv")));
  for (std::string line; std::getline(lines, line);) {
    const auto wnid = line.find('n');
    if (wnid != std::string::npos) reversed = line.substr(wnid, 9) + "\n" + reversed;
  }
  world.write("reversed.txt", reversed);
  auto wrong = check;
  wrong.insert(wrong.end(), {"--class-order", "reversed.txt"});
  const Ended ended = run(slow(wrong));
  EXPECT_EQ(ended.code, 65) << ended.err;
  EXPECT_EQ(document(ended)["network"]["plausible"], false);
  EXPECT_LT(document(ended)["network"]["top1"], 0.1);
}

TEST(Documents, DataSynthAndPack) {
  World world;
  EXPECT_EQ(succeed(world.command({"data", "synth", "--out", "made", "--count", "32", "--json"}))["images"],
            32);
  EXPECT_TRUE(std::filesystem::is_directory(world / "made/star_plain"));
  EXPECT_EQ(succeed(world.command(
                {"data", "pack", "made", "--out", "cache", "--resolution", "16", "--json"}))["images"],
            32);
  EXPECT_EQ(succeed(world.command({"data", "check", "cache", "--json"}))["layout"], "cache");
}

}  // namespace
}  // namespace mirrortune::test
