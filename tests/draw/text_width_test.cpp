#include "draw/detail/text_width.h"

#include <string>

#include <gtest/gtest.h>

namespace mirrortune::draw {
namespace {

TEST(TextWidth, GrowsWithTheTextAndTheSize) {
  EXPECT_EQ(text_width("10px sans-serif", ""), 0);
  const double one = text_width("10px sans-serif", "mmmm");
  EXPECT_GT(one, 20);
  EXPECT_LT(one, 60);
  EXPECT_NEAR(text_width("20px sans-serif", "mmmm"), 2 * one, 0.1);
  EXPECT_NEAR(text_width("10px sans-serif", "mmmmmmmm"), 2 * one, 0.1);
  EXPECT_LT(text_width("10px sans-serif", "iiii"), one);
  EXPECT_GT(text_width("10px sans-serif", "ΔCDF λ"), 0);
}

TEST(TextWidth, KnowsTheWordsOfCss) {
  const double plain = text_width("13px sans-serif", "learning rate");
  EXPECT_GT(text_width("bold 13px sans-serif", "learning rate"), plain);
  EXPECT_GT(text_width("700 13px sans-serif", "learning rate"), plain);
  EXPECT_EQ(text_width("400 13px sans-serif", "learning rate"), plain);
  EXPECT_EQ(text_width("normal 13px \"No Such Font\", sans-serif", "learning rate"), plain);
  EXPECT_EQ(text_width("13.0px monospace", "iiii"), text_width("13px monospace", "mmmm"));
  EXPECT_GT(text_width("italic bold 13px sans-serif", "learning rate"), 0);
}

}  // namespace
}  // namespace mirrortune::draw
