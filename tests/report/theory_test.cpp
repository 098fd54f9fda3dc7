#include "report/theory.h"

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "support/paths.h"

#include "theory_findings.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// The page's own HTML: without its scripts and style.
std::string markup(const std::string& page) {
  std::string text = page.substr(0, page.find("<script"));
  return text.erase(text.find("<style>"), text.find("</style>") - text.find("<style>"));
}

/// A figure's specification names a table of more than `rows` rows beside it, and the page shows the figure.
void expect_figure(const fs::path& page, const std::string& figure, std::size_t rows) {
  const Json spec = Json::parse(read_text_file(page.parent_path() / (figure + ".vl.json")));
  const fs::path table = page.parent_path() / spec["data"]["url"].get<std::string>();
  EXPECT_GT(CsvTable::read(table).rows().size(), rows);
  EXPECT_THAT(read_text_file(page), HasSubstr("data-figure=\"" + figure + "\""));
}

TEST(WriteRobustness, ShowsEveryCombinationAndWhereEachPotentialSeesItself) {
  const TemporaryFolder folder;
  const fs::path page = folder / "index.html";
  write_robustness(test::robustness_findings(), page);
  expect_figure(page, "robustness", 80);
  const CsvTable table = CsvTable::read(folder / "data" / "robustness.csv");
  EXPECT_EQ(
      std::ranges::count(table.rows(), "true", [&](const auto& row) { return row[table.column("own")]; }), 6);
  EXPECT_THAT(markup(read_text_file(page)),
              AllOf(HasSubstr("generated with 2-norm: 1."), HasSubstr("log-normal weights"),
                    HasSubstr("figure&nbsp;3B")));
}

TEST(WriteRobustness, NamesPotentialsThatAreNoPowers) {
  const TemporaryFolder folder;
  write_robustness(
      simulate_robustness({.weights = 50, .seeds = 1, .evaluated_with = {"2-norm", "hypentropy(beta=0.01)"}}),
      folder / "index.html");
  const std::string spec = read_text_file(folder / "robustness.vl.json");
  EXPECT_THAT(spec, AllOf(HasSubstr("\"evaluated_with\""), Not(HasSubstr("p of the p-norm"))));
}

TEST(WriteDynamics, DrawsBothPlanesFromOneTable) {
  const TemporaryFolder folder;
  const fs::path page = folder / "a page.html";
  write_dynamics(integrate_dynamics({}), page);
  EXPECT_TRUE(fs::exists(folder / "a page_files" / "flow.vl.json"));
  EXPECT_TRUE(fs::exists(folder / "a page_files" / "flow_dual.vl.json"));
  const CsvTable table = CsvTable::read(folder / "a page_files" / "data" / "flow.csv");
  const auto count = [&](const std::string& kind) {
    return std::ranges::count(table.rows(), kind, [](const auto& row) { return row[0]; });
  };
  EXPECT_EQ(count("start"), 2);
  EXPECT_EQ(count("end"), 6);
  EXPECT_GT(count("flow"), 600);
  EXPECT_GT(count("valley"), 100);
  EXPECT_THAT(markup(read_text_file(page)), AllOf(HasSubstr("goes to (0, 0)"), HasSubstr("(1.68, -0.84)")));
}

TEST(WriteDynamics, HasNoValleyWhereThereIsNone) {
  const TemporaryFolder folder;
  write_dynamics(integrate_dynamics({.loss = "bowl"}), folder / "index.html");
  EXPECT_THAT(read_text_file(folder / "data" / "flow.csv"), Not(HasSubstr("valley")));
}

TEST(WriteLinreg, DrawsTheBandsOfEverySize) {
  const TemporaryFolder folder;
  const fs::path page = folder / "index.html";
  write_linreg(test::linreg_findings(), page);
  for (const char* figure : {"linreg_delta_cdf", "linreg_magnitude", "linreg_spread"})
    expect_figure(page, figure, 23);
  const CsvTable table = CsvTable::read(folder / "data" / "linreg.csv");
  const auto& row = table.rows()[0];
  EXPECT_EQ(row[table.column("delta_cdf")], "0.115");
  EXPECT_EQ(row[table.column("delta_cdf_low")], "0.1015");
  EXPECT_EQ(row[table.column("delta_cdf_high")], "0.1285");
  EXPECT_THAT(markup(read_text_file(page)), AllOf(HasSubstr("a note"), HasSubstr("figure&nbsp;3A")));
}

TEST(WriteLinreg, HasNoFigureOfTheSpreadWhereNoneIsPredicted) {
  const TemporaryFolder folder;
  Linreg result = test::linreg_findings();
  for (auto& row : result.rows) row.spread_predicted = std::nan("");
  write_linreg(result, folder / "index.html");
  EXPECT_FALSE(fs::exists(folder / "linreg_spread.vl.json"));
}

TEST(WriteSpines, DrawsAPanelForEveryModelAndSaysWhatTheDataCannotTell) {
  const TemporaryFolder folder;
  const fs::path page = folder / "index.html";
  write_spines(test::spine_findings(), page);
  expect_figure(page, "spines", 6 * 400);
  const std::string html = markup(read_text_file(page));
  EXPECT_THAT(html,
              AllOf(HasSubstr("unpaired data alone do not identify a geometry"), HasSubstr("are simulated")));
}

TEST(WriteSpines, MakesNoMarkupOfNames) {
  const TemporaryFolder folder;
  SpineFindings findings = test::spine_findings();
  findings.volumes.source = "</script><img src=x onerror=alert(1)>\"'&";
  findings.volumes.notes.push_back(findings.volumes.source);
  write_spines(findings, folder / "index.html");
  EXPECT_THAT(markup(read_text_file(folder / "index.html")), Not(HasSubstr("<img")));
}

TEST(WriteTheory, GivesTheSameBytesForTheSameResults) {
  const TemporaryFolder folder;
  const SpineFindings findings = test::spine_findings();
  for (const char* name : {"a", "b"}) write_spines(findings, folder / name / "index.html");
  for (const char* file : {"index.html", "spines.vl.json", "data/spines.csv"}) {
    EXPECT_EQ(read_text_file(folder / "a" / file), read_text_file(folder / "b" / file));
  }
}

TEST(WriteTheory, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  write_file(folder / "file", "");
  EXPECT_THROW(write_spines(test::spine_findings(), folder / "file" / "page.html"), WriteError);
}

}  // namespace
}  // namespace mirrortune
