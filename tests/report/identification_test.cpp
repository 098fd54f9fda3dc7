#include "report/identification.h"

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "support/paths.h"

#include "geometry/simulate.h"
#include "sample_run.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "</script><img src=x onerror=alert(1)>\"'&";

std::string page_of(const TableFindings& findings, const fs::path& folder) {
  write_identification(findings, folder / "index.html");
  return read_text_file(folder / "index.html");
}

/// The page's own HTML: without its scripts and style.
std::string markup(const std::string& page) {
  std::string text = page.substr(0, page.find("<script"));
  return text.erase(text.find("<style>"), text.find("</style>") - text.find("<style>"));
}

TEST(WriteIdentification, WritesThePageAndAPairOfFilesForEveryFigure) {
  const TemporaryFolder folder;
  const std::string page = page_of(test::synapses_findings({.n = 300, .potential = "2-norm"}), folder.path());
  for (const char* figure : {"growth", "profile", "dual_changes", "quantiles"}) {
    const Json spec = Json::parse(read_text_file(folder / (std::string(figure) + ".vl.json")));
    EXPECT_GT(CsvTable::read(folder / spec["data"]["url"].get<std::string>()).rows().size(), 40u);
    EXPECT_THAT(page, HasSubstr("data-figure=\"" + std::string(figure) + "\""));
  }
}

TEST(WriteIdentification, SaysWhatTheTextOfTheCommandSays) {
  const TemporaryFolder folder;
  const TableFindings findings = test::synapses_findings({.n = 400, .potential = "2-norm", .drift = 0.2});
  const std::string html = markup(page_of(findings, folder.path()));
  const Identification& found = findings.identification;
  ASSERT_FALSE(found.notes.empty());
  for (const auto& note : found.notes) EXPECT_THAT(html, HasSubstr("<li>" + note + "</li>"));
  ASSERT_FALSE(found.would_change.empty());
  EXPECT_THAT(html, AllOf(HasSubstr("by profile likelihood"), HasSubstr("From pre to post."),
                          HasSubstr("What would change the conclusion"), HasSubstr("negative entropy</th>")));
}

TEST(WriteIdentification, DrawsTheCandidatesOnTheCurve) {
  const TemporaryFolder folder;
  page_of(test::synapses_findings({.n = 60, .potential = "2-norm"}), folder.path());
  const CsvTable table = CsvTable::read(folder / "data" / "profile.csv");
  std::vector<std::pair<double, double>> curve, candidates;
  for (const auto& row : table.rows()) {
    (row[0] == "candidate" ? candidates : curve).emplace_back(std::stod(row[2]), std::stod(row[3]));
  }
  ASSERT_FALSE(candidates.empty());
  for (const auto& [lambda, drop] : candidates) {
    const auto after = std::ranges::find_if(curve, [&](const auto& point) { return point.first >= lambda; });
    if (after == curve.begin() || after == curve.end()) continue;
    EXPECT_GE(drop, std::min(after->second, std::prev(after)->second) - 1e-9) << lambda;
    EXPECT_LE(drop, std::max(after->second, std::prev(after)->second) + 0.05) << lambda;
  }
}

TEST(WriteIdentification, GivesTheSameBytesForTheSameFindings) {
  const TemporaryFolder folder;
  const TableFindings findings = test::synapses_findings({.n = 200});
  EXPECT_EQ(page_of(findings, folder / "a"), page_of(findings, folder / "b"));
  for (const char* file : {"growth.vl.json", "data/growth.csv", "data/quantiles.csv"}) {
    EXPECT_EQ(read_text_file(folder / "a" / file), read_text_file(folder / "b" / file));
  }
}

TEST(WriteIdentification, MakesNoMarkupOfNames) {
  const TemporaryFolder folder;
  TableFindings findings = test::synapses_findings({.n = 100});
  findings.table = findings.sessions.before = kHostile;
  findings.identification.notes.emplace_back(kHostile);
  const std::string page = page_of(findings, folder.path());
  EXPECT_THAT(markup(page), Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  const std::size_t start = page.find("id=\"page-data\">") + 15;
  EXPECT_NO_THROW(std::ignore = Json::parse(page.substr(start, page.find("</script>", start) - start)));
}

TEST(WriteIdentification, StaysSmallForALargeTable) {
  const TemporaryFolder folder;
  EXPECT_LT(page_of(test::synapses_findings({.n = 8000, .change = 0.1}), folder.path()).size(), 5'000'000u);
}

TEST(WriteIdentification, OfANetworkShowsEveryLayer) {
  const TemporaryFolder folder;
  const NetworkFindings findings = test::network_findings(folder / "run");
  write_identification(findings, folder / "out" / "my page.html");
  const std::string html = markup(read_text_file(folder / "out" / "my page.html"));
  for (const auto& layer : findings.identification.layers)
    EXPECT_THAT(html, HasSubstr(layer.layer + "</th>"));
  EXPECT_THAT(html,
              AllOf(HasSubstr("<table class=\"sortable\">"), HasSubstr("bootstrap over layers and rows"),
                    HasSubstr("href=\"my%20page_files/depth.vl.json\"")));
  const CsvTable table = CsvTable::read(folder / "out" / "my page_files" / "data" / "depth.csv");
  EXPECT_EQ(table.rows().size(), findings.identification.layers.size() + 1);
}

TEST(WriteIdentification, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  write_file(folder / "file", "");
  const TableFindings findings = test::synapses_findings({.n = 100});
  EXPECT_THROW(write_identification(findings, folder / "file" / "page.html"), WriteError);
}

}  // namespace
}  // namespace mirrortune
