#include <gmock/gmock.h>

#include "world.h"

namespace mirrortune::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(WithoutOpenCv, WhateverNeedsImageFilesEndsWithOneSentence) {
  const World world;
  const std::vector<Start> starts = {
      world.command({"data", "check", "images"}), world.command({"data", "pack", "images", "--out", "cache"}),
      world.command({"data", "synth", "--out", "made", "--count", "16"}), world.run_command()};
  for (const Start& start : starts) {
    const Ended ended = run(start);
    EXPECT_EQ(ended.code, 69);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("this build has no OpenCV"), HasSubstr("`mirrortune data pack`")));
  }
}

}  // namespace
}  // namespace mirrortune::test
