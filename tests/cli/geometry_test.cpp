#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "support/made_run.h"
#include "support/paths.h"

#include "process.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// What the commands about geometry print and refuse.
class Geometry : public testing::Test {
 protected:
  Ended start(std::vector<std::string> arguments) const {
    return run({.arguments = std::move(arguments), .folder = folder_.path()});
  }
  Json document(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const Ended ended = start(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return Json::parse(ended.out);
  }
  void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& words) const {
    const Ended ended = start(arguments);
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_THAT(ended.err, AllOf(HasSubstr("mirrortune: error: "), HasSubstr(words)));
    EXPECT_EQ(ended.out, "");
  }
  void simulate(const std::string& name, std::vector<std::string> options) const {
    options.insert(options.begin(), {"simulate", "-o", name});
    ASSERT_EQ(start(options).code, 0);
  }
  void write(const std::string& name, std::string_view text) const { write_file(folder_ / name, text); }

  TemporaryFolder folder_;
};

TEST_F(Geometry, IdentifyTellsTheExponentOfATable) {
  simulate("t.csv", {"-n", "2000", "--potential", "2-norm", "--groups", "10", "--seed", "3"});
  const Json found = document({"identify", "t.csv"});
  EXPECT_NEAR(found.at("lambda").get<double>(), 1, 0.1);
  EXPECT_LT(found.at("lambda_interval")[0], 1);
  EXPECT_DOUBLE_EQ(found.at("p"), found.at("lambda").get<double>() + 1);
  EXPECT_EQ(found.at("interval_by"), "bootstrap over 10 groups");
  EXPECT_EQ(found.at("models")[0].at("potential"), "2-norm");
  EXPECT_GT(found.at("models")[0].at("weight"), 0.99);
  EXPECT_GT(found.at("profile").size(), 15u);
  const Ended text = start({"identify", "t.csv"});
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("lambda = 1.0"), HasSubstr("bootstrap over 10 groups"), HasSubstr("2-norm")));
}

TEST_F(Geometry, IdentifyWritesAPageOfATableAndOfAPair) {
  simulate("t.csv", {"-n", "300", "--potential", "2-norm"});
  const Json found = document({"identify", "t.csv", "--report", "out/page.html", "--bootstrap", "50"});
  EXPECT_EQ(found.at("report"), "out/page.html");
  const std::string page = read_text_file(folder_ / "out/page.html");
  EXPECT_THAT(page, AllOf(HasSubstr("<h1>t.csv</h1>"), HasSubstr("by bootstrap over synapses")));
  for (const std::string note : found.at("notes")) EXPECT_THAT(page, HasSubstr(note));
  EXPECT_TRUE(fs::exists(folder_ / "out/page_files/data/growth.csv"));
  const Ended again = start({"identify", "t.csv", "--report", "out/page.html", "--bootstrap", "50"});
  EXPECT_THAT(again.out, HasSubstr("\nreport: out/page.html\n"));
  EXPECT_EQ(read_text_file(folder_ / "out/page.html"), page);

  make_run(folder_ / "run", {.potentials = {"3-norm"}, .seeds = 1});
  const std::string trial = "run/cells/shufflenet_v2_x0_5__3-norm/seed-00/";
  const Ended pair = start({"identify", "--pair", trial + "init.safetensors", trial + "final.safetensors",
                            "--report", "pair.html"});
  EXPECT_EQ(pair.code, 0) << pair.err;
  EXPECT_THAT(read_text_file(folder_ / "pair.html"),
              AllOf(HasSubstr("init.safetensors → final.safetensors"), HasSubstr("stage4.0.branch2.5")));
}

TEST_F(Geometry, IdentifyRefusesAPageThatCannotBeWritten) {
  simulate("t.csv", {"-n", "50"});
  write("file", "");
  const std::string table = read_text_file(folder_ / "t.csv");
  expect_refused({"identify", "t.csv", "--report", "file/page.html"}, 74, "file");
  expect_refused({"identify", "t.csv", "--report", "./t.csv"}, 2, "would replace the file");
  expect_refused({"identify", "t.csv", "--report", ""}, 2, "--report");
  expect_refused({"identify", "t.csv", "--report", "."}, 74, ".");
  EXPECT_EQ(read_text_file(folder_ / "t.csv"), table);
  EXPECT_THAT(start({"identify", "--help"}).out, HasSubstr("--report"));
}

TEST_F(Geometry, EveryOptionOfIdentifyMatters) {
  simulate("t.csv",
           {"-n", "400", "--potential", "2-norm", "--groups", "8", "--cluster-sd", "0.5", "--drift", "0.1"});
  const std::vector<std::string> plain = {"identify", "t.csv", "--bootstrap", "50", "--json"};
  const std::string before = start(plain).out;
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--potentials", "2-norm"},
                                             {"--sessions", "post,pre"},
                                             {"--noise-cv", "0.05"},
                                             {"--noise-add", "0.05"},
                                             {"--detection-limit", "0.2"},
                                             {"--drift"},
                                             {"--smooth"},
                                             {"--no-group-scales"},
                                             {"--seed", "7"},
                                             {"--coverage", "5"}}) {
    auto arguments = plain;
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Ended ended = start(arguments);
    EXPECT_EQ(ended.code, 0) << options.front() << ended.err;
    EXPECT_NE(ended.out, before) << options.front();
  }
}

TEST_F(Geometry, RepeatedMeasurementsGiveTheNoise) {
  std::string table = "id,session,repeat,size\n";
  const Stream stream(1, "repeats");
  for (std::uint64_t i = 0; i < 400; ++i) {
    const double before = std::exp(0.8 * stream.normal(10 * i));
    const double after = before * std::exp(0.3 * stream.normal(10 * i + 1));
    for (std::uint64_t k = 0; k < 2; ++k) {
      for (const auto& [session, size] : {std::pair{"a", before}, {"b", after}}) {
        const std::uint64_t draw = 10 * i + 2 + 2 * k + (session[0] == 'b');
        table += std::to_string(i) + "," + session + "," + std::to_string(k) + "," +
                 std::to_string(size * std::exp(0.1 * stream.normal(draw))) + "\n";
      }
    }
  }
  write("repeats.csv", table);
  const Json found =
      document({"identify", "repeats.csv", "--bootstrap", "0", "--potentials", "negative_entropy"});
  EXPECT_NEAR(found.at("noise_cv").get<double>(), 0.1 / std::sqrt(2.0), 0.01);
}

TEST_F(Geometry, SessionsWithoutLearningAreTheNullOfIdentifyAndPlan) {
  simulate("t.csv", {"-n", "2000", "--potential", "2-norm", "--noise-cv", "0.1", "--control"});
  const std::vector<std::string> plain = {"identify", "t.csv", "--bootstrap", "0", "--potentials", "2-norm"};
  EXPECT_TRUE(document(plain).at("control").is_null());
  EXPECT_LT(document(plain).at("lambda"), 0.75);
  auto with_control = plain;
  with_control.insert(with_control.end(), {"--control", "control,pre"});
  const Json found = document(with_control);
  EXPECT_NEAR(found.at("lambda").get<double>(), 1, 0.15);
  EXPECT_EQ(found.at("noise_cv"), found.at("control").at("noise_cv"));
  EXPECT_NEAR(found.at("control").at("noise_cv").get<double>(), 0.1, 0.01);
  EXPECT_NEAR(found.at("control").at("lambda").get<double>(), 0, 0.1);
  EXPECT_THAT(start(with_control).out, HasSubstr("control control to pre: "));

  const std::vector<std::string> plan = {"plan", "--control", "t.csv",      "--sessions", "control,pre",
                                         "-n",   "40",        "--simulate", "50"};
  const Json planned = document(plan);
  EXPECT_EQ(planned.at("noise_cv"), found.at("control").at("noise_cv"));
  EXPECT_EQ(planned.at("log_sd"), found.at("control").at("log_sd"));
  EXPECT_NEAR(planned.at("log_sd").get<double>(), 0.836, 0.05);
}

TEST_F(Geometry, IdentifyOfTwoWeightsFilesTellsEveryLayer) {
  make_run(folder_ / "run", {.potentials = {"3-norm"}, .seeds = 1});
  const std::string trial = "run/cells/shufflenet_v2_x0_5__3-norm/seed-00/";
  const std::vector<std::string> pair = {"identify", "--pair", trial + "init.safetensors",
                                         trial + "final.safetensors"};
  const Json found = document(pair);
  EXPECT_EQ(found.at("layers").size(), 7u);
  EXPECT_NEAR(found.at("lambda").get<double>(), 2, 0.1);
  EXPECT_NEAR(found.at("layers")[5].at("lambda").get<double>(), 2, 0.15);
  EXPECT_EQ(found.at("layers")[5].at("layer"), "stage4.0.branch2.5.weight");
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--head", "include"},
                                             {"--layers", "stage4*"},
                                             {"--scales", "layer"},
                                             {"--no-drift"},
                                             {"--normalised", "yes"},
                                             {"--seed", "5"},
                                             {"--bootstrap", "20"}}) {
    auto arguments = pair;
    arguments.insert(arguments.end(), options.begin(), options.end());
    EXPECT_NE(document(arguments), found) << options.front();
  }
}

TEST_F(Geometry, AnalyzeOfARunWritesTheExponents) {
  make_run(folder_ / "run", {.potentials = {"2-norm", "3-norm"}, .seeds = 2});
  write("run/config.yaml",
        "schema_version: 1\nname: made\ngrid: {model: [shufflenet_v2_x0_5], potential: [2-norm, 3-norm]}\n"
        "model: {weights: none}\ndata: {root: .}\n");
  ASSERT_EQ(start({"analyze", "run"}).code, 0);
  const CsvTable table = CsvTable::read(folder_ / "run/analysis/geometry.csv");
  EXPECT_EQ(table.rows().size(), 4u * 9u);
  for (const auto& row : table.rows()) {
    if (row[table.column("layer")] != "all") continue;
    const double truth = row[table.column("potential")] == "2-norm" ? 1 : 2;
    EXPECT_NEAR(std::stod(row[table.column("lambda")]), truth, 0.1);
  }
}

TEST_F(Geometry, PlanTellsTheNumberOrThePower) {
  const Json number = document({"plan", "--truth", "2-norm", "--alternative", "1.5-norm", "--power", "0.9"});
  const auto n = number.at("n").get<int>();
  const Json power =
      document({"plan", "--truth", "2-norm", "--alternative", "1.5-norm", "-n", std::to_string(n)});
  EXPECT_GE(power.at("power"), 0.9);
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"plan", "--simulate", "200", "-n", "40"});
    return document(options).at("power").get<double>();
  };
  const double plain = with({});
  EXPECT_LT(with({"--log-sd", "0.2"}), plain);
  EXPECT_LT(with({"--noise-cv", "0.3", "--change", "0.2"}), plain);
  EXPECT_NE(with({"--test", "rejection"}), plain);
  EXPECT_NE(with({"--alternative", "1.2-norm"}), plain);
}

TEST_F(Geometry, CtrlCEndsALongSimulation) {
  simulate("t.csv", {"-n", "1000"});
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"identify", "t.csv", "--coverage", "1000000"},
        std::vector<std::string>{"plan", "--simulate", "1000000", "--truth", "2-norm", "--alternative",
                                 "1.9-norm"}}) {
    Program program({.arguments = arguments, .folder = folder_.path(), .seconds = 60});
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    program.send(SIGINT);
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 75) << arguments.front();
    EXPECT_THAT(ended.err, HasSubstr("was stopped"));
  }
}

TEST_F(Geometry, RefusesInOneSentence) {
  simulate("t.csv", {"-n", "50"});
  write("few.csv", "pre,post\n1,2\n2,3\n");
  write("comma.csv", "id;pre;post\n1;0,5;0,7\n");
  write("unpaired.csv", "id,spine_vol_um3\n1,0.5\n2,0.7\n");
  expect_refused({"identify"}, 2, "one table, or --pair INIT FINAL");
  expect_refused({"identify", "nowhere.csv"}, 66, "nowhere.csv");
  expect_refused({"identify", "few.csv"}, 65, "only 2 changes");
  expect_refused({"identify", "comma.csv"}, 65, "comma.csv:2");
  expect_refused({"identify", "unpaired.csv"}, 65, "geometry");
  expect_refused({"identify", "t.csv", "--potentials", "1-norm"}, 2, "1-norm");
  expect_refused({"identify", "t.csv", "--sessions", "a"}, 2, "--sessions");
  expect_refused({"identify", "t.csv", "--noise-cv", "2"}, 2, "--noise-cv");
  expect_refused({"identify", "t.csv", "--noise-cv", "0.1", "--drift"}, 2, "cannot be estimated together");
  expect_refused({"identify", "t.csv", "--control", "pre"}, 2, "--control takes two labels");
  expect_refused({"identify", "t.csv", "--control", "early,pre"}, 2, "early");
  expect_refused({"identify", "t.csv", "--control", "pre,post", "--noise-cv", "0.1"}, 2, "excludes");
  expect_refused({"identify", "--pair", "t.csv", "t.csv"}, 65, "t.csv");
  expect_refused({"identify", "--pair", "t.csv", "t.csv", "--noise-cv", "0.1"}, 2, "excludes");
  expect_refused({"identify", "t.csv", "--scales", "layer"}, 2, "requires");
  expect_refused({"plan", "--control", "t.csv", "--log-sd", "1"}, 2, "excludes");
  expect_refused({"plan", "--sessions", "pre,post"}, 2, "requires");
  expect_refused({"plan", "--control", "t.csv"}, 2, "--simulate");
  expect_refused({"plan", "--power", "1.5"}, 2, "between 0.5 and 1");
  expect_refused({"plan", "-n", "40", "--power", "0.9"}, 2, "excludes");
  expect_refused({"plan", "--truth", "2-norm"}, 2, "do not differ");
  expect_refused({"plan", "--test", "delta_cdf"}, 2, "--simulate");
  expect_refused({"plan", "--test", "1"}, 2, "1 not in {delta_cdf,likelihood,rejection}");
}

}  // namespace
}  // namespace mirrortune::test
