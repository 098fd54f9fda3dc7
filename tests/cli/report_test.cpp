#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "base/file.h"
#include "base/json.h"
#include "support/paths.h"

#include "process.h"
#include "sample_run.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Report : public testing::Test {
 protected:
  Report() { make_analysed_run(folder_ / "run"); }
  Ended start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "report");
    return run({.arguments = std::move(arguments), .folder = folder_.path()});
  }

  TemporaryFolder folder_;
};

TEST_F(Report, ExportsEachFigure) {
  const Ended ended = start({"run", "--export", "svg,pdf", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  const Json document = Json::parse(ended.out);
  EXPECT_EQ(document.at("report"), "run/report/index.html");
  std::size_t figures = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "run/report")) {
    figures += entry.path().string().ends_with(".vl.json") ? 1 : 0;
  }
  ASSERT_EQ(document.at("drawings").size(), 2 * figures);
  EXPECT_EQ(document.at("drawings")[0], "run/report/delta_cdf_own.svg");
  EXPECT_EQ(document.at("drawings")[1], "run/report/delta_cdf_own.pdf");
  for (const Json& drawing : document.at("drawings")) {
    EXPECT_TRUE(fs::exists(folder_ / drawing.get<std::string>())) << drawing;
  }
}

TEST_F(Report, TellsWhatItWroteALineEach) {
  const Ended plain = start({"run", "-o", "page.html"});
  EXPECT_EQ(plain.out, "page.html\n");
  const Ended drawn = start({"run", "-o", "page.html", "--export", "png"});
  EXPECT_THAT(drawn.out,
              AllOf(testing::StartsWith("page.html\npage_files/"), HasSubstr("\npage_files/lambda.png\n")));
}

TEST_F(Report, StopsBetweenTwoFigures) {
  Program program({.arguments = {"report", "run", "--export", "png"}, .folder = folder_.path()});
  const fs::path first = folder_ / "run/report/delta_cdf_own.png";
  for (int i = 0; i < 3000 && !fs::exists(first); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  program.send(SIGTERM);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("mirrortune: error: stopped on request"));
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(fs::exists(first));
  EXPECT_FALSE(fs::exists(folder_ / "run/report/search.png"));
}

TEST_F(Report, SaysWhenItMayNotReserveWhatDrawingTakes) {
  const Ended ended = run(
      {.arguments = {"report", "run", "--export", "svg"}, .folder = folder_.path(), .memory = 4'000'000'000});
  EXPECT_EQ(ended.code, 71) << ended.signal;
  EXPECT_THAT(ended.err, HasSubstr("8 GiB"));
}

TEST_F(Report, RefusesWhatItCannotExport) {
  for (const char* formats : {"gif", ""}) {
    const Ended ended = start({"run", "--export", formats});
    EXPECT_EQ(ended.code, 2) << formats << ended.out;
    EXPECT_THAT(ended.err, HasSubstr("--export")) << formats;
  }
  EXPECT_EQ(start({"nowhere", "--export", "svg"}).code, 66);
  write_file(folder_ / "file", std::string_view("x"));
  EXPECT_EQ(start({"run", "-o", "file/page.html", "--export", "svg"}).code, 74);
}

}  // namespace
}  // namespace mirrortune::test
