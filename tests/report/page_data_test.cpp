#include "report/detail/page_data.h"

#include <numeric>

#include <gtest/gtest.h>

#include "support/paths.h"

#include "sample_run.h"

namespace mirrortune::report {
namespace {

using test::MadeRun;
using test::TemporaryFolder;

class PageDataTest : public ::testing::Test {
 protected:
  PageDataTest() {
    test::make_analysed_run(folder_ / "run");
    data_ = read_runs({folder_ / "run"});
  }
  PageData make(std::size_t layer_bytes = kLayerBytes) const {
    return make_page_data(data_, make_figures(data_), make_tables(data_), layer_bytes);
  }
  std::size_t layers() const { return data_.layers.at(MadeRun{}.model).size(); }

  TemporaryFolder folder_;
  RunData data_;
};

TEST_F(PageDataTest, KeepsEveryCountOfEveryHistogram) {
  std::size_t compared = 0;
  const Json json = make().json;
  for (const auto& group : json["groups"]) {
    for (std::size_t layer = 0; layer < group["layers"].get<std::size_t>(); ++layer) {
      const auto counts = group["histograms"][layer].get<std::vector<std::uint64_t>>();
      const std::uint64_t total = std::accumulate(counts.begin() + 1, counts.end(), std::uint64_t{0});
      // n has four digits in the page.
      EXPECT_NEAR(static_cast<double>(total), group["n"][layer].get<double>(),
                  5e-4 * static_cast<double>(total));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 9 * 5 * (layers() + 1));
}

TEST_F(PageDataTest, MergesTwoBinsOfTheAnalysisIntoOne) {
  const CsvTable csv = CsvTable::read(folder_ / "run" / "analysis" / "histograms.csv");
  const Key trained{MadeRun{}.model, "2-norm", 1};
  const HistogramKey place{trained, "3-norm", "conv5.0"};
  const Histogram& histogram = data_.histograms.at(place);
  std::array<std::uint32_t, kBins> expected{};
  for (const auto& row : csv.rows()) {
    const bool here = row[csv.column("potential")] == "2-norm" && row[csv.column("seed")] == "1" &&
                      row[csv.column("evaluated_with")] == "3-norm" && row[csv.column("layer")] == "conv5.0";
    const double left = std::stod(row[csv.column("bin_left")]),
                 right = std::stod(row[csv.column("bin_right")]);
    if (!here || !std::isfinite(left) || !std::isfinite(right)) continue;
    const auto fine = static_cast<std::size_t>(std::lround((left + 8) / 0.08));
    expected[fine / 2] += static_cast<std::uint32_t>(std::stoul(row[csv.column("count")]));
  }
  EXPECT_EQ(histogram.counts, expected);
}

TEST_F(PageDataTest, SaysInWordsWhatItLeavesOutOfALargeRun) {
  const PageData whole = make();
  EXPECT_EQ(whole.note, "");
  const PageData smaller = make(whole.json["groups"].dump().size() - 1);
  EXPECT_NE(smaller.note.find("first seed"), std::string::npos);
  for (const auto& group : smaller.json["groups"]) {
    EXPECT_EQ(group["layers"].get<std::size_t>(), group["seed"] == "0" ? layers() + 1 : 1);
  }
  const PageData smallest = make(10);
  EXPECT_NE(smallest.note.find("not in it"), std::string::npos);
  for (const auto& group : smallest.json["groups"]) EXPECT_EQ(group["layers"].get<std::size_t>(), 1);
}

TEST_F(PageDataTest, ListsTheModulesInTheTablesOrder) {
  EXPECT_EQ(data_.layers.at(MadeRun{}.model).front(), "conv1.0");
  EXPECT_EQ(data_.layers.at(MadeRun{}.model).back(), "conv5.0");
}

TEST_F(PageDataTest, MarksTheRateThatTheTrialsTrainedWith) {
  std::size_t chosen = 0;
  for (const auto& row : data_.search) {
    chosen += row.chosen;
    EXPECT_EQ(row.chosen, row.lr == 0.1);
  }
  EXPECT_EQ(chosen, 3);
}

}  // namespace
}  // namespace mirrortune::report
