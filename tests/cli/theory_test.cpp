#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "support/paths.h"

#include "process.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// `mirrortune theory all…` in a folder of its own.
class Theory : public testing::Test {
 protected:
  Ended theory(std::vector<std::string> all) const {
    all.insert(all.begin(), "theory");
    return run({.arguments = std::move(all), .folder = folder_.path()});
  }
  Json document(std::vector<std::string> all) const {
    all.push_back("--json");
    const Ended ended = theory(std::move(all));
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return Json::parse(ended.out, nullptr, /*allow_exceptions=*/false);
  }
  void expect_results(const std::vector<std::string>& files) const {
    for (const auto& file : files) EXPECT_TRUE(fs::exists(folder_ / file)) << file;
  }

  TemporaryFolder folder_;
};

TEST_F(Theory, RobustnessGivesARowForEveryCombination) {
  const Json told = document({"robustness", "--seeds", "2", "--evaluated-with",
                              "negative_entropy,2-norm,smooth_power(lambda=1,beta=0.1)"});
  EXPECT_EQ(told["schema"], 1);
  EXPECT_EQ(told["command"], "theory robustness");
  ASSERT_EQ(told["rows"].size(), 2u * 3 * 3);
  const Json& row = told["rows"][0];
  EXPECT_EQ(row["w0"], "normal");
  EXPECT_EQ(row["generated_with"], "negative_entropy");
  EXPECT_EQ(row["evaluated_with"], "negative_entropy");
  EXPECT_EQ(row["sign_flips"], 0);
  EXPECT_LT(row["delta_cdf_mean"], 0.1);
  EXPECT_EQ(told["rows"][17]["w0"], "log-normal");
}

TEST_F(Theory, RobustnessHonoursEveryOption) {
  const std::vector<std::string> plain = {"robustness", "--weights",        "40",    "--seeds",
                                          "2",          "--evaluated-with", "2-norm"};
  const std::string expected = theory(plain).out;
  const std::vector<std::vector<std::string>> options = {
      {"--change", "0.2"}, {"--reference", "0.2"},       {"--normal-sd", "0.2"},
      {"--seed", "1"},     {"--log-normal-mean", "0.1"}, {"--generated-with", "2-norm"}};
  for (const auto& option : options) {
    std::vector<std::string> all = plain;
    all.insert(all.end(), option.begin(), option.end());
    const Ended ended = theory(all);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_NE(ended.out, expected) << option[0];
  }
  EXPECT_EQ(theory({"robustness", "--weights", "40", "--seeds", "2", "--evaluated-with", "2-norm",
                    "--threads", "3"})
                .out,
            expected);
}

TEST_F(Theory, WritesTablesAndAPageOnceUnlessForced) {
  const std::vector<std::string> all = {"robustness", "--seeds", "2", "-o", "out"};
  EXPECT_EQ(theory(all).code, 0);
  expect_results(
      {"out/robustness.csv", "out/index.html", "out/robustness.vl.json", "out/data/robustness.csv"});
  EXPECT_EQ(CsvTable::read(folder_ / "out/robustness.csv").rows().size(), 2u * 3 * 21);
  const Ended again = theory(all);
  EXPECT_EQ(again.code, 73);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  EXPECT_EQ(theory({"robustness", "--seeds", "2", "-o", "out", "--force"}).code, 0);
}

TEST_F(Theory, DynamicsEndsWhereTheFigureDoes) {
  const Json told = document({"dynamics", "-o", "out"});
  ASSERT_EQ(told["rows"].size(), 6u);
  const Json& gradient_descent = told["rows"][1];
  EXPECT_EQ(gradient_descent["potential"], "2-norm");
  EXPECT_EQ(gradient_descent["start"], (Json{1.0, 1.0}));
  EXPECT_NEAR(gradient_descent["end"][0].get<double>(), 0.4, 1e-7);
  EXPECT_LE(gradient_descent["conserved_drift"].get<double>(), 1e-10);
  EXPECT_EQ(told["rows"][0]["limit"], (Json{0.0, 0.0}));
  expect_results({"out/dynamics.csv", "out/trajectories.csv", "out/index.html", "out/flow.vl.json"});
}

TEST_F(Theory, DynamicsTakesOtherStartsPotentialsAndLosses) {
  const Json told = document({"dynamics", "--start", "1,1", "--start", "-1,0.5", "--potentials", "1.5-norm",
                              "--loss", "bowl", "--time-limit", "50", "--tolerance", "1e-4"});
  ASSERT_EQ(told["rows"].size(), 2u);
  EXPECT_EQ(told["rows"][1]["start"], (Json{-1.0, 0.5}));
  EXPECT_TRUE(told["rows"][1]["conserved_drift"].is_null());
  EXPECT_THAT(told["notes"].dump(), HasSubstr("nothing is conserved"));
}

TEST_F(Theory, LinregTrainsAndSolvesAndSaysWhatTheTheoremPredicts) {
  const std::vector<std::string> all = {
      "linreg", "--dimensions", "100,180", "--exponents", "0.5", "--correlation-powers", "1", "--seeds", "2"};
  std::vector<std::string> writing = all;
  writing.insert(writing.end(), {"-o", "out"});
  const Json told = document(writing);
  ASSERT_EQ(told["rows"].size(), 2u * 3 * 2 * 2);
  const Json& row = told["rows"][0];
  for (const char* key :
       {"potential", "D", "N", "c", "seed", "delta_cdf", "magnitude", "spread", "spread_predicted", "loss"}) {
    EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(row["N"], 10);
  EXPECT_LT(row["loss"], 1e-3);
  EXPECT_THAT(told["notes"].dump(), HasSubstr("3-norm"));
  expect_results({"out/linreg.csv", "out/regressions.csv", "out/index.html", "out/linreg_delta_cdf.vl.json"});
  EXPECT_EQ(CsvTable::read(folder_ / "out/regressions.csv").rows().size(), 24u);
  EXPECT_EQ(theory(writing).code, 73);
}

TEST_F(Theory, LinregHonoursEveryOption) {
  const std::vector<std::string> plain = {"linreg", "--dimensions", "100", "--exponents",
                                          "0.5",    "--seeds",      "1"};
  const std::string expected = theory(plain).out;
  const std::vector<std::vector<std::string>> options = {{"--correlation-powers", "3"},
                                                         {"--inputs", "binary"},
                                                         {"--inputs", "log_normal"},
                                                         {"--seed", "1"},
                                                         {"--lrs", "0.001,0.002"},
                                                         {"--epochs", "50"},
                                                         {"--target-loss", "1e-9"},
                                                         {"--momentum", "0.5"},
                                                         {"--potentials", "2-norm"},
                                                         {"--solution", "exact"},
                                                         {"--solution", "trained"},
                                                         {"--epochs", "3", "--extend-epochs", "7"},
                                                         {"--epochs", "3", "--extend-times", "0"}};
  for (const auto& option : options) {
    std::vector<std::string> all = plain;
    all.insert(all.end(), option.begin(), option.end());
    const Ended ended = theory(all);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_NE(ended.out, expected) << option[0] << " " << option[1];
  }
}

TEST_F(Theory, LinregEndsWith80WhereEveryRegressionDiverges) {
  const Ended ended = theory({"linreg", "--dimensions", "100", "--seeds", "1", "--solution", "trained",
                              "--lrs", "1e9", "--potentials", "2-norm"});
  EXPECT_EQ(ended.code, 80);
  EXPECT_THAT(ended.out, HasSubstr("4 of 4 regressions diverged"));
}

TEST_F(Theory, RunTakesEveryConfigurationOfThePaperAndKeepsWhatIsDone) {
  for (const char* figure : {"fig2", "fig3a", "fig3b", "fig5"}) {
    SCOPED_TRACE(figure);
    const fs::path config = fs::path(kSourceDir) / "configs/paper" / (std::string(figure) + ".yaml");
    const auto run_with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), {"run", "-c", config.string(), "--preset", "small", "-q", "--json", "-s",
                                 "output.root=" + folder_.path().string()});
      return run({.arguments = std::move(more), .folder = folder_.path()});
    };
    const Ended dry = run_with({"--dry-run"});
    EXPECT_EQ(Json::parse(dry.out)["state"], "to be done") << dry.err;
    EXPECT_FALSE(fs::exists(folder_ / figure));
    const Ended first = run_with({});
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_FALSE(Json::parse(first.out)["rows"].empty());
    EXPECT_TRUE(fs::exists(folder_ / figure / "index.html"));
    EXPECT_EQ(Json::parse(run_with({}).out)["state"], "done already");
    const Ended other =
        run_with({"-s", "options.potentials=[2-norm]", "-s", "options.generated_with=[2-norm]"});
    EXPECT_THAT((std::array{78, 79}), testing::Contains(other.code))
        << "another option, or one that there is not";
    const Ended again =
        run({.arguments = {"run", "-c", (folder_ / figure / "config.yaml").string(), "--fresh", "--json"},
             .folder = folder_.path()});
    EXPECT_EQ(again.out, first.out);
  }
}

TEST_F(Theory, RunRefusesWhatAConfigurationOfTheoryCannotSay) {
  const auto refused = [&](const std::string& options, int code, const std::string& sentence,
                           const std::vector<std::string>& more = {}) {
    write_file(folder_ / "t.yaml", "schema_version: 1\nname: t\n" + options + "\n");
    std::vector<std::string> all = {"run", "-c", "t.yaml"};
    all.insert(all.end(), more.begin(), more.end());
    const Ended ended = run({.arguments = all, .folder = folder_.path()});
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(sentence));
  };
  refused("theory: nothing", 78, "must be one of dynamics, linreg, robustness, spines");
  refused("theory: robustness\noptions: {seed_count: 1}", 78, "t.yaml:4:11");
  refused("theory: robustness\noptions: {force: true}", 78, "no option 'force'");
  refused("theory: robustness\noptions: {seeds: many}", 78, "many");
  refused("theory: robustness\noptions: {seeds: 0}", 78, "seeds is 0");
  refused("theory: robustness", 2, "has no trials", {"--only", "seed=1"});
  write_file(folder_ / "t.yaml", "schema_version: 1\nname: t\ntheory: robustness\n");
  EXPECT_EQ(run({.arguments = {"config", "check", "t.yaml"}, .folder = folder_.path()}).out,
            "t.yaml: ok, theory robustness\n");
}

TEST_F(Theory, SpinesFitsSimulatedVolumesAndSaysSo) {
  const Json told = document({"spines", "-n", "300", "-K", "1,2", "--starts", "2", "-o", "out"});
  ASSERT_EQ(told["rows"].size(), 6u);
  EXPECT_EQ(told["source"], "simulated");
  EXPECT_EQ(told["volumes"], 300);
  EXPECT_EQ(told["rows"][1]["K"], 2);
  EXPECT_EQ(told["rows"][1]["mass_below_zero"], 0);
  EXPECT_THAT(told["notes"].dump(), testing::AllOf(HasSubstr("do not identify"), HasSubstr("simulated")));
  expect_results({"out/spines.csv", "out/points.csv", "out/index.html", "out/spines.vl.json"});
}

TEST_F(Theory, SpinesReadsATable) {
  write_file(folder_ / "v.csv", "id,volume\n1,0.1\n2,0.2\n3,-1\n4,0.4\n");
  const Json told = document({"spines", "v.csv", "--column", "volume", "-K", "1"});
  EXPECT_EQ(told["volumes"], 3);
  EXPECT_EQ(told["published"], false);
  EXPECT_THAT(told["notes"].dump(), HasSubstr("1 of 4 rows are left out"));
  const Ended ended = theory({"spines", "v.csv", "--column", "volume", "-K", "3"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("3 point masses for 3 different volumes"));
}

}  // namespace
}  // namespace mirrortune::test
