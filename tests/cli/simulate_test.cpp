#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/json.h"
#include "support/paths.h"

#include "process.h"

namespace mirrortune::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// `mirrortune simulate all…` in a folder of its own.
class Simulate : public testing::Test {
 protected:
  Ended simulate(std::vector<std::string> all) const {
    all.insert(all.begin(), "simulate");
    return run({.arguments = std::move(all), .folder = folder_.path()});
  }
  std::string read(const std::string& name) const { return read_text_file(folder_ / name); }

  TemporaryFolder folder_;
};

TEST_F(Simulate, WritesATableToStandardOutput) {
  const Ended ended = simulate({"-n", "3", "--seed", "4"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, StartsWith("id,pre,post\n0,"));
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 4);
}

TEST_F(Simulate, WritesTheSameTableToAFileAndReplacesItWhenAsked) {
  const Ended first = simulate({"--potential", "2-norm", "--groups", "3", "-o", "t.csv"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, testing::MatchesRegex("t.csv: 9[0-9]+ pairs of 1000 synapses; .*\n"));
  EXPECT_EQ(read("t.csv"), simulate({"--potential", "2-norm", "--groups", "3"}).out);
  EXPECT_THAT(read("t.csv"), StartsWith("id,group,pre,post\n0,0,"));
  const Ended again = simulate({"-o", "t.csv"});
  EXPECT_EQ(again.code, 73);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  EXPECT_THAT(read("t.csv"), StartsWith("id,group"));
  EXPECT_EQ(simulate({"-o", "t.csv", "--force"}).code, 0);
  EXPECT_THAT(read("t.csv"), StartsWith("id,pre"));
}

TEST_F(Simulate, TellsItsCountsInADocument) {
  const Ended ended =
      simulate({"--potential", "2.0-norm", "--detection-limit", "0.5", "-o", "t.csv", "--json"});
  const Json told = Json::parse(ended.out, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(told.is_object()) << ended.err;
  EXPECT_EQ(told["schema"], 1);
  EXPECT_EQ(told["command"], "simulate");
  EXPECT_EQ(told["table"], "t.csv");
  EXPECT_EQ(told["potential"], "2-norm");
  EXPECT_EQ(told["synapses"], 1000);
  EXPECT_GT(told["lost"], 0);
  EXPECT_GT(told["unseen"], 0);
  int seen = 0;
  for (const char* count : {"pairs", "lost", "appeared", "unseen"}) seen += told[count].get<int>();
  EXPECT_EQ(seen, 1000);
}

TEST_F(Simulate, HonoursEveryOption) {
  const std::string plain = simulate({"-n", "50", "--groups", "5"}).out;
  const std::vector<std::vector<std::string>> options = {{"-n", "51"},
                                                         {"--groups", "4"},
                                                         {"--potential", "3-norm"},
                                                         {"--process", "log_ou"},
                                                         {"--process", "kesten"},
                                                         {"--log-mean", "-1"},
                                                         {"--log-sd", "0.5"},
                                                         {"--change", "0.1"},
                                                         {"--drift", "-0.1"},
                                                         {"--noise-cv", "0.1"},
                                                         {"--noise-add", "0.1"},
                                                         {"--detection-limit", "1"},
                                                         {"--cluster-sd", "0.5"},
                                                         {"--seed", "1"}};
  for (const auto& option : options) {
    std::vector<std::string> all = {"-n", "50", "--groups", "5"};
    if (option[0] == "-n" || option[0] == "--groups")
      all[option[0] == "-n" ? 1 : 3] = option[1];
    else
      all.insert(all.end(), option.begin(), option.end());
    const Ended ended = simulate(all);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_NE(ended.out, plain) << option[0];
  }
}

TEST_F(Simulate, ShowsNegativeSizesWhenAllAreSeen) {
  const Ended ended = simulate({"--potential", "2-norm", "--detection-limit", "-inf"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(",-"));
  EXPECT_THAT(ended.out, testing::Not(HasSubstr(",\n")));
}

}  // namespace
}  // namespace mirrortune::test
