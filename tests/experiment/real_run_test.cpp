#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/analyze.h"
#include "experiment/run.h"
#include "support/paths.h"
#include "weights/safetensors_writer.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

/// ΔCDF of the authors' optimiser in plain PyTorch on the same weights and images: mean and sd over three
/// seeds.
struct Published {
  double mean;
  double sd;
};

/// One potential at the learning rate that the search finds, as evaluated by the five potentials.
struct RealCase {
  std::string potential;
  double lr;
  std::size_t set_aside;  ///< weights of the largest change that are taken as unchanged
  std::array<Published, 5> delta_cdf;
};

// Under negative entropy one weight now and then grows to several times its size, in PyTorch as here, and
// alone makes the tail that the 2-, 2.5- and 3-norm see (of six orders of the same images in PyTorch, ΔCDF
// under the 2.5-norm is .578 to .646; without the hundred largest changes, .547 to .552). So its case leaves
// them out.
const std::array<RealCase, 3> kCases = {
    RealCase{"negative_entropy",
             1.0,
             100,
             {{{.0797, .001}, {.2335, .001}, {.4102, .002}, {.5505, .002}, {.6482, .002}}}},
    RealCase{"2-norm", 1.0, 0, {{{.365, .011}, {.179, .004}, {.086, .006}, {.280, .012}, {.489, .014}}}},
    RealCase{"3-norm", 0.1, 0, {{{.359, .002}, {.301, .002}, {.123, .001}, {.046, .001}, {.089, .003}}}}};

constexpr std::array<const char*, 5> kEvaluated = {"negative_entropy", "1.5-norm", "2-norm", "2.5-norm",
                                                   "3-norm"};

ExperimentOptions real_experiment(const RealCase& real, const std::filesystem::path& output) {
  CellOptions cell;
  cell.name = "shufflenet_v2_x0_5__" + real.potential;
  cell.potential = real.potential;
  cell.model = {.name = "shufflenet_v2_x0_5",
                .weights = test::shared("data/weights/shufflenet_v2_x0_5-tiny200.pth").string(),
                .classes = 200};
  cell.data.root = test::shared("data/tiny-imagenet/val");
  cell.data.resolution = 64;
  cell.data.crop_ratio = 1.0;
  cell.lr.fixed = real.lr;
  return {.name = "real",
          .cells = {cell},
          .seeds = {0},
          .analysis = {},
          .schedule = {},
          .output_root = output,
          .resolved_yaml = "name: real\n"};
}

std::vector<float> values_of(const WeightsFile& file, const TensorInfo& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  file.read_values(tensor, 0, std::span(values));
  return values;
}

/// Writes `trial`'s final weights again, but the `count` weights of the network without its head whose change
/// is largest as they were.
void set_aside_largest_changes(const std::filesystem::path& trial, std::size_t count,
                               const std::filesystem::path& output) {
  const auto init = WeightsFile::open(trial / "init.safetensors");
  const auto last = WeightsFile::open(trial / "final.safetensors");
  std::map<std::string, std::vector<float>> before, after;
  std::vector<std::tuple<float, std::string, std::size_t>> changes;
  for (const auto& tensor : last->tensors()) {
    auto& from = before[tensor.name] = values_of(*init, *init->find(tensor.name));
    auto& to = after[tensor.name] = values_of(*last, tensor);
    if (tensor.name.starts_with("fc.")) continue;
    for (std::size_t i = 0; i < to.size(); ++i)
      changes.emplace_back(std::fabs(to[i] - from[i]), tensor.name, i);
  }
  std::ranges::partial_sort(changes, changes.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>{});
  for (const auto& [size, name, i] : std::span(changes).first(count)) after[name][i] = before[name][i];
  std::vector<ArrayView> views;
  for (const auto& tensor : last->tensors())
    views.push_back({tensor, std::as_bytes(std::span(after[tensor.name]))});
  write_safetensors(output, views, last->metadata());
}

class RealRun : public testing::TestWithParam<RealCase> {};

TEST_P(RealRun, LandsWhereTheAuthorsOptimiserDoes) {
  MIRRORTUNE_NEEDS_SHARED("data/tiny-imagenet/val");
  const auto& real = GetParam();
  const test::TemporaryFolder folder;
  RunObserver observer;
  const auto summary = run_experiment(real_experiment(real, folder.path()), {.threads = 2}, observer);
  ASSERT_EQ(summary.trials.size(), 1U);
  EXPECT_EQ(summary.trials[0].state, TrialState::done);
  EXPECT_EQ(summary.trials[0].train_accuracy, 1.0);

  const auto trial = folder.path() / "real" / "cells" / summary.trials[0].cell / "seed-00";
  set_aside_largest_changes(trial, real.set_aside, folder / "final.safetensors");
  const auto table =
      analyze_pair(trial / "init.safetensors", folder / "final.safetensors", AnalysisOptions{});
  for (std::size_t i = 0; i < kEvaluated.size(); ++i) {
    const auto [mean, sd] = real.delta_cdf[i];
    for (const auto& row : table.rows) {
      if (row.layer != kAll || row.evaluated_with != kEvaluated[i]) continue;
      // Two means of three seeds differ by sd·√(2/3) times a normal; the table has three digits.
      EXPECT_NEAR(row.statistics.delta_cdf, mean, std::max(0.015, 4 * sd * std::sqrt(2.0 / 3)))
          << kEvaluated[i];
      RecordProperty(std::string("delta_cdf_") + std::to_string(i), std::to_string(row.statistics.delta_cdf));
    }
  }
}

std::string case_name(const testing::TestParamInfo<RealRun::ParamType>& instance) {
  constexpr std::array kNames = {"NegativeEntropy", "TwoNorm", "ThreeNorm"};
  return kNames[instance.index];
}

INSTANTIATE_TEST_SUITE_P(Potentials, RealRun, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace mirrortune
