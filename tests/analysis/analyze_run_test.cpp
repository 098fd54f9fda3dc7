#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/analyze.h"
#include "base/error.h"
#include "base/npy.h"
#include "base/text.h"
#include "support/made_run.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

/// Cells of a table by column name.
std::string cell(const CsvTable& table, const std::vector<std::string>& row, const char* column) {
  return row[table.column(column)];
}

std::vector<double> read_doubles(const std::filesystem::path& path) {
  const NpyFile file(path);
  std::vector<double> values(static_cast<std::size_t>(file.elements()));
  file.read(0, std::as_writable_bytes(std::span(values)));
  return values;
}

void change_state(const std::filesystem::path& trial, const std::string& state) {
  Json document = read_json(trial);
  document["state"] = state;
  write_json(trial, document);
}

TEST(AnalyzeRun, WritesARowForEachTrialPotentialAndLayer) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path());
  const auto result = analyze_run(folder.path(), {});
  const auto table = CsvTable::read(folder / "analysis/delta_cdf.csv");
  EXPECT_EQ(table.columns(), delta_cdf_columns());
  EXPECT_EQ(table.rows().size(),
            3u * 3 * 5 * (7 + 3));  // potentials, seeds, evaluations, layers without the head and pools
  EXPECT_EQ(result.rows.size(), table.rows().size());
  std::set<std::string> layers;
  for (const auto& row : table.rows()) layers.insert(cell(table, row, "layer"));
  EXPECT_THAT(layers, Contains("conv1.0"));
  EXPECT_FALSE(layers.contains("fc"));
}

TEST(AnalyzeRun, EachTrialIsMostGaussianUnderItsOwnPotential) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path());
  analyze_run(folder.path(), {});
  const auto table = CsvTable::read(folder / "analysis/delta_cdf.csv");
  std::map<std::string, std::map<std::string, double>> seen;  // trained with → evaluated with → largest
  for (const auto& row : table.rows()) {
    if (cell(table, row, "layer") != kAllStandardised) continue;
    auto& largest = seen[cell(table, row, "potential")][cell(table, row, "evaluated_with")];
    largest = std::max(largest, *parse_number(cell(table, row, "delta_cdf")));
  }
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& [trained, evaluated] : seen) {
    EXPECT_LT(evaluated.at(trained), 0.02);
    for (const auto& [other, delta_cdf] : evaluated)
      EXPECT_GE(delta_cdf, evaluated.at(trained)) << trained << " " << other;
  }
}

TEST(AnalyzeRun, HistogramsHave202LinesAndAddUpToN) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path(), {.potentials = {"3-norm"}, .seeds = 1});
  analyze_run(folder.path(), {.potentials = {"2-norm"}});
  const auto table = CsvTable::read(folder / "analysis/delta_cdf.csv");
  const auto histograms = CsvTable::read(folder / "analysis/histograms.csv");
  std::map<std::string, std::int64_t> totals, lines;
  for (const auto& row : histograms.rows()) {
    const auto key = cell(histograms, row, "evaluated_with") + " " + cell(histograms, row, "layer");
    totals[key] += *parse_integer(cell(histograms, row, "count"));
    ++lines[key];
  }
  EXPECT_EQ(histograms.rows()[0][histograms.column("bin_left")], "-inf");
  EXPECT_EQ(histograms.rows()[1][histograms.column("bin_right")], "-7.92");
  for (const auto& row : table.rows()) {
    if (cell(table, row, "layer") == kMedian) continue;
    const auto key = cell(table, row, "evaluated_with") + " " + cell(table, row, "layer");
    EXPECT_EQ(totals[key], *parse_integer(cell(table, row, "n"))) << key;
    EXPECT_EQ(lines[key], 202) << key;
  }
  EXPECT_EQ(lines.size(), 2u * (7 + 2));  // the asked potential and the trial's own
}

TEST(AnalyzeRun, QuantilesHave41RisingLines) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path(), {.potentials = {"3-norm"}, .seeds = 1});
  analyze_run(folder.path(), {.potentials = {"3-norm"}});
  const auto table = CsvTable::read(folder / "analysis/quantiles.csv");
  EXPECT_EQ(table.columns(), quantile_columns());
  ASSERT_EQ(table.rows().size(), 41u * (7 + 2));
  for (std::size_t i = 1; i < 41; ++i) {
    EXPECT_GE(*parse_number(cell(table, table.rows()[i], "quantile")),
              *parse_number(cell(table, table.rows()[i - 1], "quantile")));
  }
  const auto& middle = table.rows()[20];
  EXPECT_EQ(cell(table, middle, "probability"), "0.5");
  EXPECT_EQ(cell(table, middle, "normal_quantile"), "0");
  EXPECT_NEAR(*parse_number(cell(table, middle, "quantile")), 0, 0.3);
}

TEST(AnalyzeRun, TrajectoriesAreOfTrialsWithSnapshotsInTheOrderOfTheEpochs) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path(), {.potentials = {"2-norm", "3-norm"}, .seeds = 1});
  const auto trial = folder / "cells/shufflenet_v2_x0_5__3-norm/seed-00";
  std::filesystem::copy_file(trial / "final.safetensors", trial / "epoch-0003.safetensors");
  std::filesystem::copy_file(trial / "init.safetensors", trial / "epoch-10000.safetensors");
  const AnalysisTable result = analyze_run(folder.path(), {.potentials = {"2-norm"}});
  const auto table = CsvTable::read(folder / "analysis/trajectories.csv");
  EXPECT_EQ(table.columns(), trajectory_columns());
  const std::size_t rows = 2 * (7 + 3);  // the asked potential and the trial's own
  ASSERT_EQ(table.rows().size(), 3 * rows);
  for (std::size_t i = 0; i < rows; ++i) {
    auto early = table.rows()[i], still = table.rows()[rows + i], last = table.rows()[2 * rows + i];
    EXPECT_EQ(cell(table, last, "potential"), "3-norm");
    EXPECT_EQ(cell(table, early, "epoch"), "3");
    EXPECT_EQ(cell(table, still, "epoch"), "10000");
    EXPECT_EQ(cell(table, still, "delta_cdf"), "") << "no change has no shape";
    EXPECT_EQ(cell(table, last, "epoch"), "");
    early[table.column("epoch")] = "";
    EXPECT_EQ(early, last);
    const AnalysisRow& row = result.rows[rows / 2 + i];
    EXPECT_EQ(cell(table, last, "layer"), row.layer);
    EXPECT_EQ(cell(table, last, "magnitude"), format_number(row.statistics.magnitude));
  }
}

TEST(AnalyzeRun, BytesDoNotDependOnTheThreads) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path(), {.seeds = 1});
  std::vector<std::string> tables, histograms;
  for (const int threads : {1, 2, 5}) {
    analyze_run(folder.path(), {}, threads);
    tables.push_back(read_text_file(folder / "analysis/delta_cdf.csv"));
    histograms.push_back(read_text_file(folder / "analysis/histograms.csv"));
  }
  for (std::size_t i = 1; i < tables.size(); ++i) {
    EXPECT_EQ(tables[i], tables[0]);
    EXPECT_EQ(histograms[i], histograms[0]);
  }
}

TEST(AnalyzeRun, TakesFinishedTrialsOnly) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path(), {.potentials = {"2-norm"}, .seeds = 3});
  const auto trials = folder / "cells/shufflenet_v2_x0_5__2-norm";
  change_state(trials / "seed-00/trial.json", "below_target");
  change_state(trials / "seed-01/trial.json", "diverged");
  std::filesystem::remove(trials / "seed-02/trial.json");
  std::set<std::uint64_t> seeds;
  for (const auto& row : analyze_run(folder.path(), {}).rows) seeds.insert(row.trial->seed);
  EXPECT_EQ(seeds, std::set<std::uint64_t>{0});
}

TEST(AnalyzeRun, WithoutAFinishedTrialWritesEmptyTablesAndSaysSo) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "cells");
  const auto table = analyze_run(folder.path(), {});
  EXPECT_THAT(table.notes, Contains(HasSubstr("no trial of this run is finished")));
  EXPECT_TRUE(CsvTable::read(folder / "analysis/delta_cdf.csv").rows().empty());
}

TEST(AnalyzeRun, RefusesAFolderThatIsNoRunAndATrialThatIsBroken) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(analyze_run(folder.path(), {}), MissingError);
  test::make_run(folder.path(), {.potentials = {"2-norm"}, .seeds = 1});
  const auto trial = folder / "cells/shufflenet_v2_x0_5__2-norm/seed-00";
  std::filesystem::remove(trial / "final.safetensors");
  EXPECT_THROW(analyze_run(folder.path(), {}), MissingError);
  write_file(trial / "trial.json", std::string_view("{\"state\": 3}"));
  EXPECT_THROW(analyze_run(folder.path(), {}), DataError);
}

TEST(AnalyzeRun, PublishedArraysHaveTheAuthorsNamesAndPlaces) {
  const test::TemporaryFolder folder;
  test::make_run(folder.path(), {.seeds = 2});
  const auto compat = folder / "analysis/compat";
  make_folder(compat);
  write_npy(compat / "stale_nd0.50_xent0.00_D_range.npy", std::vector<std::int64_t>{1},
            std::vector<double>{1});
  const auto table = analyze_run(folder.path(), {});
  const auto array = read_doubles(compat / "3-norm_nd0.50_xent0.00_density_mse_2.5-norm.npy");
  const auto magnitudes = read_doubles(compat / "3-norm_nd0.50_xent0.00_change_magnitude_2.5-norm.npy");
  ASSERT_EQ(array.size(), 100u);
  for (std::size_t seed = 0; seed < 10; ++seed) {
    for (std::size_t network = 0; network < 10; ++network) {
      EXPECT_EQ(std::isnan(array[10 * seed + network]),
                network != 4 || seed >= 2);  // ShuffleNet x0.5 is the fifth
    }
  }
  for (const auto& row : table.rows) {
    if (row.trial->potential != "3-norm" || row.evaluated_with != "2.5-norm" || row.layer != kAll) continue;
    EXPECT_EQ(array[10 * row.trial->seed + 4], row.statistics.delta_cdf);
    EXPECT_EQ(magnitudes[10 * row.trial->seed + 4], row.statistics.magnitude);
  }
  const auto weights = read_doubles(compat / "3-norm_nd0.50_xent0.00_D_range.npy");
  ASSERT_EQ(weights.size(), 10u);
  EXPECT_EQ(weights[4], 648 + 216 + 576 + 576 + 2304 + 9216 + 12288);
  EXPECT_FALSE(std::filesystem::exists(compat / "stale_nd0.50_xent0.00_D_range.npy"));
}

}  // namespace
}  // namespace mirrortune
