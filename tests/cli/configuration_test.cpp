#include "cli/configuration.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace mirrortune::cli {
namespace {

using testing::ElementsAre;

TEST(SplitList, KeepsWhatStandsInParentheses) {
  EXPECT_THAT(split_list("negative_entropy, 2-norm,mix(2-norm,3-norm)"),
              ElementsAre("negative_entropy", "2-norm", "mix(2-norm,3-norm)"));
  EXPECT_THAT(split_list("2-norm"), ElementsAre("2-norm"));
  EXPECT_THAT(split_list("a,,b)"), ElementsAre("a", "", "b)"));
}

TEST(ParseDuration, AddsItsParts) {
  EXPECT_EQ(parse_duration("3h50m"), 3 * 3600 + 50 * 60);
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("90"), 90);
  EXPECT_EQ(parse_duration("1d2h"), 26 * 3600);
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text :
       {"", "0", "h", "3x", "3h 50m", "-5", "1.5h", "99999999999999999999h", "999999999d"}) {
    EXPECT_THROW(parse_duration(text), UsageError) << text;
  }
}

}  // namespace
}  // namespace mirrortune::cli
