#include "report/report.h"

#include <regex>

#include <gmock/gmock.h>

#include "base/error.h"
#include "support/count.h"
#include "support/paths.h"

#include "sample_run.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using test::count;
using test::MadeRun;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "</script><img src=x onerror=alert(1)>\"'&";

/// The page's own HTML: without its scripts and style.
std::string markup(const std::string& page) {
  std::string text = page.substr(0, page.find("<script"));
  return text.erase(text.find("<style>"), text.find("</style>") - text.find("<style>"));
}

std::string report_of(const fs::path& run) {
  write_report({run}, run / "report" / "index.html");
  return read_text_file(run / "report" / "index.html");
}

/// Every file under a folder with its text.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read_text_file(entry.path());
  }
  return files;
}

TEST(WriteReport, WritesThePageAndAPairOfFilesForEveryFigure) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  report_of(folder / "run");
  const auto files = files_of(folder / "run" / "report");
  for (const char* figure :
       {"delta_cdf_own", "delta_cdf_others", "magnitude", "layers", "histogram", "loss", "accuracy", "search",
        "heatmap", "lambda", "lambda_epochs", "delta_cdf_epochs"}) {
    ASSERT_THAT(files, Contains(::testing::Key(std::string(figure) + ".vl.json")));
    const Json spec = Json::parse(files.at(std::string(figure) + ".vl.json"));
    EXPECT_THAT(files, Contains(::testing::Key(spec["data"]["url"].get<std::string>())));
  }
}

TEST(WriteReport, OrdersThePanelsOfSpecificationsAsThePageDoes) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  report_of(folder / "run");
  const auto facet_of = [&](const std::string& figure) {
    return read_json(folder / "run" / "report" / (figure + ".vl.json")).at("facet");
  };
  const Json potentials = {"negative entropy", "2-norm", "3-norm"};
  EXPECT_EQ(facet_of("lambda").at("sort"), Json::array({MadeRun{}.model}));
  EXPECT_EQ(facet_of("heatmap").at("column").at("sort"), potentials);
  const Json histogram = facet_of("histogram");
  EXPECT_EQ(histogram.at("row").at("sort")[0], MadeRun{}.model + ", negative entropy");
  EXPECT_EQ(histogram.at("row").at("sort")[2], MadeRun{}.model + ", 3-norm");
  EXPECT_EQ(histogram.at("column").at("sort")[0], "negative entropy");
}

TEST(WriteReport, GivesTheSameBytesForTheSameRun) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "a" / "run");
  report_of(folder / "a" / "run");
  fs::copy(folder / "a", folder / "b", fs::copy_options::recursive);
  fs::remove_all(folder / "b" / "run" / "report");
  report_of(folder / "b" / "run");
  EXPECT_EQ(files_of(folder / "a" / "run" / "report"), files_of(folder / "b" / "run" / "report"));
}

TEST(WriteReport, SaysWhichPotentialsTheChangesFollow) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  const std::string page = report_of(folder / "run");
  EXPECT_NE(
      page.find("For negative entropy and 2-norm the change is closest to Gaussian under the very potential "
                "it was trained with. For 3-norm the change is closest to Gaussian under 2.5-norm (ΔCDF "),
      std::string::npos);
}

TEST(WriteReport, FetchesNothing) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  const std::string page = report_of(folder / "run");
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  const std::string html = markup(page);
  EXPECT_EQ(html.find("src="), std::string::npos);
  EXPECT_EQ(html.find("<link"), std::string::npos);
  const std::regex address("href=\"([^\"]*)\"");
  for (std::sregex_iterator found(html.begin(), html.end(), address), end; found != end; ++found) {
    const std::string target = (*found)[1];
    EXPECT_TRUE(target.starts_with("#") || fs::exists(folder / "run" / "report" / target)) << target;
  }
}

TEST(WriteReport, MakesNoMarkupOfNamesFromTheRun) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run <b>&";
  test::make_analysed_run(run);
  test::rename_everywhere(run, kHostile, "3-norm", std::string("3-norm") + kHostile);
  for (const char* table : {"delta_cdf.csv", "histograms.csv", "geometry.csv"}) {
    test::replace_cells(run / "analysis" / table, "layer", "conv1.0", kHostile);
  }
  test::replace_key(run / "cells" / (MadeRun{}.model + "__2-norm") / "seed-00" / "trial.json", "state",
                    kHostile);
  test::replace_key(run / "manifest.json", kHostile, kHostile);
  write_file(run / "config.yaml", std::string("name: ") + kHostile + "\n");
  const std::string page = report_of(run);
  EXPECT_EQ(count(page, "<script"), 3) << "the data, the chart library, the page's script";
  EXPECT_EQ(count(markup(page), "<img"), 0) << "the chart library itself holds one in a text";
  EXPECT_EQ(count(markup(page), "<b>&"), 0);
  const std::size_t start = page.find("id=\"page-data\">") + 15;
  EXPECT_NO_THROW(std::ignore = Json::parse(page.substr(start, page.find("</script>", start) - start)));
}

TEST(WriteReport, IsWellFormed) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  const std::string html = markup(report_of(folder / "run"));
  for (const char* tag :
       {"section", "figure", "figcaption", "table", "thead", "tbody", "tr", "details", "div", "p", "h2"}) {
    const std::regex open(std::string("<") + tag + "[ >]");
    const auto opened =
        std::distance(std::sregex_iterator(html.begin(), html.end(), open), std::sregex_iterator());
    EXPECT_EQ(static_cast<std::size_t>(opened), count(html, std::string("</") + tag + ">")) << tag;
  }
  EXPECT_EQ(count(html, "<h1>"), 1);
  EXPECT_EQ(count(html, "role=\"img\" aria-label="), 12) << "every chart says what it is";
}

TEST(WriteReport, PutsTheFiguresOfAnotherPageInAFolderOfItsOwn) {
  const TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  write_report({folder / "run"}, folder / "out" / "my page.html");
  EXPECT_TRUE(fs::exists(folder / "out" / "my page_files" / "loss.vl.json"));
  EXPECT_TRUE(fs::exists(folder / "out" / "my page_files" / "data" / "curves.csv"));
  EXPECT_THAT(read_text_file(folder / "out" / "my page.html"),
              HasSubstr("href=\"my%20page_files/loss.vl.json\""));
}

TEST(WriteReport, TellsSeveralRunsApart) {
  const TemporaryFolder folder;
  const MadeRun small{.seeds = 1};
  test::make_analysed_run(folder / "one", small);
  test::make_analysed_run(folder / "two" / "one", small);
  write_report({folder / "one", folder / "two" / "one"}, folder / "page" / "index.html");
  const std::string page = read_text_file(folder / "page" / "index.html");
  EXPECT_THAT(page, AllOf(HasSubstr("shufflenet_v2_x0_5 (one)"), HasSubstr("shufflenet_v2_x0_5 (one #2)")));
}

TEST(WriteReport, TellsCellsOfAFurtherAxisApart) {
  const TemporaryFolder folder;
  const fs::path run = folder / "run";
  test::make_analysed_run(run, {.potentials = {"2-norm"}, .seeds = 1});
  const std::string cell = MadeRun{}.model + "__2-norm", decayed = cell + "__optimizer.weight_decay=0.01";
  fs::rename(run / "cells" / cell, run / "cells" / decayed);
  test::replace_key(run / "cells" / decayed / "seed-00" / "trial.json", "cell", decayed);
  for (const char* table :
       {"index.csv", "analysis/delta_cdf.csv", "analysis/histograms.csv", "analysis/geometry.csv"}) {
    test::replace_cells(run / table, "cell", cell, decayed);
  }
  EXPECT_THAT(report_of(run), HasSubstr("shufflenet_v2_x0_5 · optimizer.weight_decay=0.01"));
}

TEST(WriteReport, StaysSmall) {
  const TemporaryFolder folder;
  MadeRun run;
  for (int layer = 0; layer < 60; ++layer)
    run.layers.push_back({"more." + std::to_string(layer) + ".weight", {40, 40}});
  test::make_analysed_run(folder / "run", run);
  const std::string page = report_of(folder / "run");
  EXPECT_LT(page.size(), 900'000 + 3'000'000);
}

}  // namespace
}  // namespace mirrortune
