#include <gmock/gmock.h>

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
