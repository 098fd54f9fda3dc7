#include "geometry/detail/sessions.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace mirrortune::detail {
namespace {

TEST(Sessions, AreOrderedByTheNumbersWithin) {
  EXPECT_TRUE(is_earlier("day2", "day10"));
  EXPECT_FALSE(is_earlier("day10", "day2"));
  EXPECT_TRUE(is_earlier("2020-01-09", "2020-1-10"));
  EXPECT_TRUE(is_earlier("t007", "t8"));
  EXPECT_FALSE(is_earlier("t7", "t07"));
  EXPECT_FALSE(is_earlier("t07", "t7"));
  EXPECT_TRUE(is_earlier("t", "t0"));
  EXPECT_TRUE(is_earlier("20000000000000000000000", "20000000000000000000001"));
}

TEST(Sessions, BeforeLearningAreFirst) {
  EXPECT_TRUE(is_earlier("pre", "post"));
  EXPECT_TRUE(is_earlier("Before", "after"));
  EXPECT_TRUE(is_earlier("baseline", "acute"));
  EXPECT_FALSE(is_earlier("post1", "pre"));
  EXPECT_TRUE(is_earlier("pre1", "pre2"));
}

TEST(Sessions, FirstAndLastOfNumbersFollowTheirValues) {
  const auto pair_of = [](const std::vector<std::string>& labels) {
    const SessionPair pair = first_and_last(labels);
    return pair.before + "|" + pair.after;
  };
  EXPECT_EQ(pair_of({"0", "-4", "10", "9"}), "-4|10");
  EXPECT_EQ(pair_of({"1.5", "1.25"}), "1.25|1.5");
  EXPECT_EQ(pair_of({"day10", "day9", "day1"}), "day1|day10");
  EXPECT_EQ(pair_of({"post2", "pre", "post10"}), "pre|post10");
}

TEST(Sessions, ThatATableDoesNotHaveAreRefused) {
  EXPECT_NO_THROW(check_sessions({"a", "b"}, {"b", "a"}));
  EXPECT_THROW(check_sessions({"a", "c"}, {"a", "b"}), UsageError);
  EXPECT_THROW(check_sessions({"a", "a"}, {"a", "b"}), UsageError);
}

}  // namespace
}  // namespace mirrortune::detail
