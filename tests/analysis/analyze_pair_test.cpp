#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/analyze.h"
#include "analysis/detail/groups.h"
#include "analysis/oracles.h"
#include "base/error.h"
#include "base/stream.h"
#include "potential/potential.h"
#include "support/made_run.h"
#include "support/paths.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Values = std::vector<std::vector<float>>;

/// Two files of a made network, with a change under the 2-norm.
class AnalyzePair : public ::testing::Test {
 protected:
  AnalyzePair() {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const TensorInfo info{layers_[i].name, DType::float32, layers_[i].shape};
      before_.push_back(test::made_weights(layers_[i], info.elements(), 0.1));
      after_.push_back(test::changed(before_[i], PNorm{2.0}, Stream(i, "pair")));
    }
  }

  AnalysisTable analyze(const AnalysisOptions& options = {}, const PairOptions& pair = {}) {
    test::write_snapshot(folder_ / "a.safetensors", layers_, before_, metadata_);
    test::write_snapshot(folder_ / "b.safetensors", layers_, after_, metadata_);
    return analyze_pair(folder_ / "a.safetensors", folder_ / "b.safetensors", options, pair);
  }

  static const ChangeStatistics& row(const AnalysisTable& table, const std::string& potential,
                                     const std::string& layer) {
    for (const auto& candidate : table.rows) {
      if (candidate.evaluated_with == potential && candidate.layer == layer) return candidate.statistics;
    }
    ADD_FAILURE() << "no row of " << potential << " and " << layer;
    static const ChangeStatistics none;
    return none;
  }

  std::vector<double> changes(std::size_t layer, const Potential& potential) const {
    std::vector<double> d;
    for (std::size_t i = 0; i < before_[layer].size(); ++i) {
      d.push_back(to_dual(potential, double{after_[layer][i]}) -
                  to_dual(potential, double{before_[layer][i]}));
    }
    return d;
  }

  test::TemporaryFolder folder_;
  std::vector<test::MadeLayer> layers_ = {
      {"a.weight", {17, 5, 3, 3}}, {"b.weight", {40, 25}}, {"head.weight", {10, 40}}};
  Values before_, after_;
  std::map<std::string, std::string> metadata_;
};

/// All numbers of a statistic that must agree with the naive one.
void expect_same(const ChangeStatistics& found, const ChangeStatistics& expected) {
  EXPECT_EQ(found.n, expected.n);
  EXPECT_NEAR(found.delta_cdf, expected.delta_cdf, 1e-13);
  EXPECT_NEAR(found.w1, expected.w1, 1e-12);
  EXPECT_NEAR(found.sd / expected.sd, 1, 1e-12);
  EXPECT_NEAR(found.mean / expected.sd, expected.mean / expected.sd, 1e-12);
  EXPECT_NEAR(found.skew, expected.skew, 1e-10);
  EXPECT_NEAR(found.excess_kurtosis, expected.excess_kurtosis, 1e-9);
  EXPECT_EQ(found.histogram, expected.histogram);
}

TEST_F(AnalyzePair, RowsOfALayerAreTheStatisticsOfItsDualChanges) {
  const auto table = analyze();
  for (const auto& potential : AnalysisOptions{}.potentials) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      expect_same(row(table, potential, layers_[i].name),
                  change_statistics(changes(i, parse_potential(potential))));
    }
  }
}

TEST_F(AnalyzePair, AllPoolsTheRawChangesAndStandardisedEachLayerByItsOwnSd) {
  for (const bool center : {false, true}) {
    const auto table = analyze({.center = center});
    for (const std::string potential : {"negative_entropy", "2-norm", "3-norm"}) {
      std::vector<double> raw, standardised, floors;
      for (std::size_t i = 0; i < layers_.size(); ++i) {
        const auto d = changes(i, parse_potential(potential));
        const double sd = test::sd_of(d);
        for (const double value : d) {
          raw.push_back(value);
          standardised.push_back(value / sd);
        }
        floors.push_back(change_statistics(d, center).delta_cdf);
      }
      std::sort(floors.begin(), floors.end());
      const auto& all = row(table, potential, kAll);
      expect_same(all, change_statistics(raw, center));
      const auto expected = change_statistics(standardised, center);
      const auto& of_standardised = row(table, potential, kAllStandardised);
      EXPECT_NEAR(of_standardised.delta_cdf, expected.delta_cdf,
                  1e-6);  // a tie at a grid point may fall to either side
      EXPECT_NEAR(of_standardised.w1, expected.w1, 1e-12);
      EXPECT_EQ(row(table, potential, kMedian).delta_cdf, floors[1]);
      EXPECT_TRUE(row(table, potential, kMedian).histogram.counts.empty());
    }
  }
}

TEST_F(AnalyzePair, MagnitudeIsTheRatioOfTheNorms) {
  const auto table = analyze();
  for (const std::string potential : {"negative_entropy", "1.5-norm", "3-norm"}) {
    double change_squares = 0, initial_squares = 0;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      for (const double d : changes(i, parse_potential(potential))) change_squares += d * d;
      for (const float w : before_[i]) initial_squares += std::pow(to_dual(parse_potential(potential), w), 2);
    }
    EXPECT_NEAR(row(table, potential, kAll).magnitude, std::sqrt(change_squares / initial_squares), 1e-12);
  }
}

TEST_F(AnalyzePair, ZerosAreCountedAndLeftOutOnlyWhereTheirDualIsInfinite) {
  before_[1][0] = 0;
  after_[1][1] = -0.0f;
  before_[1][2] = after_[1][2] = 0;
  const auto table = analyze();
  EXPECT_EQ(row(table, "negative_entropy", "b.weight").n, 997);
  EXPECT_EQ(row(table, "2-norm", "b.weight").n, 1000);
  for (const std::string potential : {"negative_entropy", "2-norm"}) {
    EXPECT_EQ(row(table, potential, "b.weight").zeros, 3);
    EXPECT_EQ(row(table, potential, kAll).zeros, 3);
    EXPECT_EQ(row(table, potential, "b.weight").histogram.total(), row(table, potential, "b.weight").n);
    EXPECT_TRUE(std::isfinite(row(table, potential, "b.weight").delta_cdf));
  }
}

TEST_F(AnalyzePair, SignFlipsAndTheSpreadOfTheLogWeightsAreCounted) {
  std::vector<double> logs;
  for (const float w : before_[0]) logs.push_back(std::log(std::abs(double{w})));
  std::int64_t flips = 0;
  for (std::size_t i = 0; i < before_[0].size(); ++i) flips += (before_[0][i] < 0) != (after_[0][i] < 0);
  const auto table = analyze();
  EXPECT_GT(flips, 0);
  EXPECT_EQ(row(table, "3-norm", "a.weight").sign_flips, flips);
  EXPECT_NEAR(row(table, "3-norm", "a.weight").log_sd_w0, test::sd_of(logs), 1e-12);
}

TEST_F(AnalyzePair, WithoutAnyChangeIsUndefinedWithANote) {
  after_ = before_;
  const auto table = analyze();
  const auto& all = row(table, "2-norm", kAll);
  EXPECT_EQ(all.n, 2165);
  EXPECT_EQ(all.sd, 0);
  EXPECT_EQ(all.magnitude, 0);
  EXPECT_TRUE(std::isnan(all.delta_cdf));
  EXPECT_THAT(table.notes, Contains(HasSubstr("layer a.weight: its changes do not differ")));
  EXPECT_EQ(to_json(table)["rows"][0]["delta_cdf"], nullptr);
}

TEST_F(AnalyzePair, ALayerWithoutAChangeStaysInAllAndLeavesTheStandardisedPool) {
  after_[1] = before_[1];
  const auto table = analyze();
  EXPECT_EQ(row(table, "2-norm", kAll).n, 2165);
  EXPECT_EQ(row(table, "2-norm", kAllStandardised).n, 1165);
  EXPECT_TRUE(std::isfinite(row(table, "2-norm", kMedian).delta_cdf));
}

TEST_F(AnalyzePair, WeightsThatAreNotFiniteAreLeftOutWithANote) {
  before_[0][3] = std::numeric_limits<float>::quiet_NaN();
  after_[0][4] = std::numeric_limits<float>::infinity();
  const auto table = analyze();
  EXPECT_EQ(row(table, "2-norm", "a.weight").n, 763);
  EXPECT_TRUE(std::isfinite(row(table, "2-norm", "a.weight").delta_cdf));
  EXPECT_THAT(table.notes, Contains(HasSubstr("layer a.weight: 2 weights are not finite")));
}

TEST_F(AnalyzePair, TheHeadIsKnownFromTheMetadataElseFromItsNameElseIncludedWithANote) {
  const auto has_head = [](const AnalysisTable& table) {
    return std::any_of(table.rows.begin(), table.rows.end(),
                       [](const auto& r) { return r.layer == "head.weight"; });
  };
  const auto unknown = analyze();
  EXPECT_TRUE(has_head(unknown));
  EXPECT_THAT(unknown.notes, Contains(HasSubstr("the head is not known")));
  EXPECT_FALSE(has_head(analyze({}, {.head_name = "head"})));
  EXPECT_TRUE(has_head(analyze({.head = HeadRule::include}, {.head_name = "head"})));
  metadata_["head"] = "head";
  EXPECT_FALSE(has_head(analyze()));
  EXPECT_THAT(analyze().notes, IsEmpty());
}

TEST_F(AnalyzePair, AHeadMayBeSeveralModulesOrNone) {
  const auto layers = [](const AnalysisTable& table) {
    std::set<std::string> names;
    for (const auto& row : table.rows) names.insert(row.layer);
    return names;
  };
  metadata_["head"] = "head,a";
  EXPECT_FALSE(layers(analyze()).contains("a.weight"));
  EXPECT_TRUE(layers(analyze()).contains("b.weight"));
  EXPECT_THAT(analyze().notes, IsEmpty());
  metadata_["head"] = "head,absent";
  EXPECT_THAT(analyze().notes, Contains(HasSubstr("the head 'absent'")));
  metadata_["head"] = "";
  EXPECT_TRUE(layers(analyze()).contains("head.weight"));
  EXPECT_THAT(analyze().notes, IsEmpty());
}

TEST_F(AnalyzePair, AsPublishedLeavesOutEveryNameWithFc) {
  layers_[0].name = "block.se.fc1.weight";
  metadata_["head"] = "head";
  const auto table = analyze({.head = HeadRule::as_published});
  EXPECT_EQ(row(table, "2-norm", kAll).n, 1000 + 400);
  EXPECT_EQ(row(table, "2-norm", "head.weight").n, 400);
}

TEST_F(AnalyzePair, APatternChoosesTheLayers) {
  EXPECT_EQ(row(analyze({}, {.layers = "[ab].*"}), "2-norm", kAll).n, 1765);
  try {
    analyze({}, {.layers = "none*"});
    FAIL() << "nothing was thrown";
  } catch (const WeightsError& error) {
    EXPECT_THAT(error.what(), HasSubstr("matches 'none*'"));
  }
}

TEST_F(AnalyzePair, GroupsPoolTheLayersOfOneBlockOrKindAsAllDoes) {
  layers_ = {
      {"layer1.0.conv.weight", {17, 5, 3, 3}}, {"layer1.0.down.weight", {40, 25}}, {"fc.weight", {10, 40}}};
  const auto by_block = analyze({}, {.group_by = GroupBy::block});
  const auto pair = analyze({}, {.layers = "layer1.0.*"});
  for (const std::string potential : {"negative_entropy", "3-norm"}) {
    expect_same(row(by_block, potential, "block:layer1.0"), row(pair, potential, kAll));
    EXPECT_EQ(row(by_block, potential, "block:layer1.0").floor_pooled,
              row(pair, potential, kAll).floor_pooled);
    expect_same(row(by_block, potential, "block:fc"), row(by_block, potential, "fc.weight"));
  }
  const auto by_kind = analyze({}, {.group_by = GroupBy::kind});
  EXPECT_EQ(row(by_kind, "2-norm", "kind:conv").n, 765);
  EXPECT_EQ(row(by_kind, "2-norm", "kind:linear").n, 1400);
  std::size_t pooled = 0;
  for (const auto& r : by_kind.rows) pooled += r.pooled;
  EXPECT_EQ(pooled, 5u * (2 + 3));  // of each potential the groups, all, all_standardised, median
}

TEST_F(AnalyzePair, TheBootstrapKnowsThatScalesDifferAndTheTableOfTheNullDoesNot) {
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const Stream stream(layer, "bootstrap test");
    const double sd = layer == 0 ? 1 : 4;
    for (std::size_t i = 0; i < after_[layer].size(); ++i) {
      before_[layer][i] = 0;
      after_[layer][i] = static_cast<float>(sd * stream.normal(i));
    }
  }
  const AnalysisOptions options{.potentials = {"2-norm"}};
  const PairOptions pair{.layers = "[ab].*", .group_by = GroupBy::kind, .bootstrap = 99};
  const auto table = analyze(options, pair);
  EXPECT_LT(row(table, "2-norm", kAll).p_value, 0.001);
  EXPECT_GT(row(table, "2-norm", kAll).p_bootstrap, 0.05);
  EXPECT_NEAR(row(table, "2-norm", "kind:conv").p_bootstrap, row(table, "2-norm", "kind:conv").p_value, 0.2);
  EXPECT_TRUE(std::isnan(row(table, "2-norm", kAllStandardised).p_bootstrap));
  EXPECT_TRUE(std::isnan(row(table, "2-norm", "a.weight").p_bootstrap));
  EXPECT_TRUE(std::isnan(row(analyze(options), "2-norm", kAll).p_bootstrap));
}

/// Two files with one tensor each, stored as bfloat16 (the upper halves of floats) or float32.
AnalysisTable analyze_stored(const std::vector<float>& before, const std::vector<float>& after,
                             DType before_as, DType after_as,
                             const std::vector<std::string>& potentials = {"2-norm"}) {
  const test::TemporaryFolder folder;
  const auto write = [&](const char* name, const std::vector<float>& values, DType dtype) {
    const auto all = std::as_bytes(std::span(values));
    std::vector<std::byte> bytes;
    const std::size_t skipped = dtype == DType::bfloat16 ? 2 : 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i % 4 >= skipped) bytes.push_back(all[i]);
    }
    const TensorInfo info{"w", dtype, {1, static_cast<std::int64_t>(values.size())}};
    write_safetensors(folder / name, std::vector<ArrayView>{{info, bytes}}, {});
  };
  write("a.safetensors", before, before_as);
  write("b.safetensors", after, after_as);
  return analyze_pair(folder / "a.safetensors", folder / "b.safetensors", {.potentials = potentials});
}

TEST(Rounding, IsCountedInUnitsOfTheLastPlaceOfTheCoarserType) {
  const float ulp = 0x1p-7F;  // of bfloat16 from 1 to 2
  const std::vector<float> before = {1, 1, -1, 1.5F, 0, 0x1p-133F};
  const std::vector<float> after = {1, 1 + ulp, -1 - 3 * ulp, 1.5F, 0, 0x1p-132F};
  for (const DType first : {DType::bfloat16, DType::float32}) {
    const auto table = analyze_stored(before, after, first, DType::bfloat16);
    const auto& statistics = table.rows[0].statistics;
    EXPECT_EQ(statistics.unchanged_share, 0.5);
    EXPECT_EQ(statistics.mean_ulps, (1 + 3 + 1) / 6.0);
    EXPECT_THAT(table.notes,
                Contains(HasSubstr("rounding dominates: 50 % of the weights stored in 16 bits")));
  }
  const auto table = analyze_stored(before, after, DType::float32, DType::float32);
  EXPECT_EQ(table.rows[0].statistics.unchanged_share, 0.5);
  EXPECT_TRUE(std::isnan(table.rows[0].statistics.mean_ulps));
  EXPECT_THAT(table.notes, testing::Not(Contains(HasSubstr("rounding"))));
}

/// Weights that bfloat16 has, before or after a change.
std::vector<float> bfloat16_weights(std::size_t n, double change) {
  const Stream stream(5, "bfloat16");
  std::vector<float> weights(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double w = 0.02 * std::exp(stream.normal(2 * i)) + change * stream.normal(2 * i + 1);
    weights[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(static_cast<float>(w)) & 0xFFFF0000);
  }
  return weights;
}

/// Numbers in 16 bits are counted in pairs, those in 32 bits are not.
TEST(AnalyzePairOfAnyFiles, NumbersIn16BitsShowWhatTheSameNumbersIn32BitsShow) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<std::string> potentials = {"negative_entropy", "2-norm", "2.5-norm",
                                               "hypentropy(beta=0.01)"};
  for (const std::size_t n : {17u, 3001u, 1'100'003u}) {
    auto before = bfloat16_weights(n, 0), after = bfloat16_weights(n, 0.001);
    before[0] = 0;
    after[1] = before[2] = after[2] = 0;
    before[3] = kInfinity;
    after[4] = std::numeric_limits<float>::quiet_NaN();
    after[5] = -before[5];
    after[6] = before[6];
    const auto found = analyze_stored(before, after, DType::bfloat16, DType::bfloat16, potentials);
    const auto expected = analyze_stored(before, after, DType::float32, DType::float32, potentials);
    ASSERT_EQ(found.rows.size(), expected.rows.size());
    for (std::size_t i = 0; i < found.rows.size(); ++i) {
      SCOPED_TRACE(std::to_string(n) + " weights, " + found.rows[i].evaluated_with);
      const auto &in_16 = found.rows[i].statistics, &in_32 = expected.rows[i].statistics;
      expect_same(in_16, in_32);
      EXPECT_EQ(in_16.zeros, in_32.zeros);
      EXPECT_EQ(in_16.sign_flips, in_32.sign_flips);
      EXPECT_EQ(in_16.unchanged_share, in_32.unchanged_share);
      EXPECT_NEAR(in_16.magnitude / in_32.magnitude, 1, 1e-12);
      EXPECT_NEAR(in_16.log_sd_w0 / in_32.log_sd_w0, 1, 1e-12);
      EXPECT_NEAR(in_16.anderson_darling / in_32.anderson_darling, 1, 1e-9);
    }
    EXPECT_THAT(found.notes, Contains(HasSubstr("2 weights")));
  }
}

TEST(Rounding, OfLargeChangesHasNoNote) {
  const auto table = analyze_stored({1, 2, 3, 4}, {2, 4, 5, 7}, DType::bfloat16, DType::bfloat16);
  EXPECT_EQ(table.rows[0].statistics.unchanged_share, 0);
  EXPECT_THAT(table.notes, testing::Not(Contains(HasSubstr("rounding"))));
}

TEST(Rounding, OfSmallChangesOfAFinerTypeHasANote) {
  const auto table =
      analyze_stored({1, 2, 3, 4}, {1.001F, 2.001F, 3.001F, 7}, DType::bfloat16, DType::float32);
  EXPECT_THAT(table.notes, Contains(HasSubstr("the median change is below one unit in the last place")));
}

TEST(LayerGroups, ABlockIsThePathUpToTheFirstNumber) {
  EXPECT_EQ(detail::block_of("layer1.0.conv1.weight"), "layer1.0");
  EXPECT_EQ(detail::block_of("model.layers.11.mlp.up_proj.weight"), "model.layers.11");
  EXPECT_EQ(detail::block_of("features.1.0.block.0.0.weight"), "features.1");
  EXPECT_EQ(detail::block_of("V2.conv1.weight"), "V2");
  EXPECT_EQ(detail::block_of("w"), "w");
  EXPECT_EQ(detail::block_of(""), "");
}

TEST(LayerGroups, AKindIsKnownFromTheShape) {
  EXPECT_EQ(detail::kind_of({10, 40}), "linear");
  EXPECT_EQ(detail::kind_of({24, 1, 3, 3}), "depthwise");
  EXPECT_EQ(detail::kind_of({24, 12, 1, 1}), "conv");
}

TEST_F(AnalyzePair, DoesNotDependOnTheNumberOfThreads) {
  const auto one = analyze({}, {.threads = 1});
  const auto three = analyze({}, {.threads = 3});
  EXPECT_EQ(delta_cdf_csv(one).to_text(), delta_cdf_csv(three).to_text());
  EXPECT_EQ(histogram_csv(one), histogram_csv(three));
}

TEST_F(AnalyzePair, RefusesAPotentialThatDoesNotExist) {
  EXPECT_THROW(analyze({.potentials = {"1-norm"}}), UsageError);
  EXPECT_THROW(analyze({.potentials = {}}), UsageError);
}

TEST(AnalyzePairOfAnyFiles, NamesTheTensorsThatAreNotCompared) {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::vector<TensorInfo>& infos) {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<ArrayView> views;
    for (const auto& info : infos) bytes.emplace_back(static_cast<std::size_t>(info.bytes()));
    for (std::size_t i = 0; i < infos.size(); ++i) views.push_back({infos[i], bytes[i]});
    write_safetensors(folder / name, views, {});
  };
  using enum DType;
  write("a.safetensors", {{"w", float32, {3, 4}},
                          {"bias", float32, {3}},
                          {"steps", int64, {2, 2}},
                          {"odd", float32, {2, 3}},
                          {"gone", float32, {2, 2}},
                          {"empty", float32, {0, 4}}});
  write("b.safetensors", {{"w", bfloat16, {3, 4}},
                          {"bias", float32, {3}},
                          {"steps", int64, {2, 2}},
                          {"odd", float32, {3, 2}},
                          {"new", float32, {2, 2}},
                          {"empty", float32, {0, 4}}});
  const auto table =
      analyze_pair(folder / "a.safetensors", folder / "b.safetensors", {.potentials = {"2-norm"}});
  EXPECT_THAT(table.notes, Contains("not compared, fewer than two dimensions: bias"));
  EXPECT_THAT(table.notes, Contains("not compared, no floating-point numbers: steps"));
  EXPECT_THAT(table.notes, Contains("not compared, of another shape in the second file: odd"));
  EXPECT_THAT(table.notes, Contains("not compared, only in the first file: gone"));
  EXPECT_THAT(table.notes, Contains("not compared, only in the second file: new"));
  ASSERT_EQ(table.rows.size(), 5u);
  EXPECT_EQ(table.rows[0].layer, "w");
  EXPECT_EQ(table.rows[0].statistics.zeros, 12);
  EXPECT_EQ(table.rows[1].statistics.n, 0);
}

TEST(AnalyzePairOfAnyFiles, AMissingFileIsSaidToBeMissing) {
  EXPECT_THROW(analyze_pair("no.safetensors", "other.safetensors", {}), MissingError);
}

TEST(AnalyzePairOfRealWeights, AgainstThemselvesShowNoChangeAndAMadeChangeUnderItsPotential) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/shufflenet_v2_x0_5-tiny200.safetensors");
  const auto real = test::shared("data/weights/shufflenet_v2_x0_5-tiny200.safetensors");
  const auto pth = test::shared("data/weights/shufflenet_v2_x0_5-tiny200.pth");
  const auto still = analyze_pair(real, pth, {.potentials = {"2-norm"}}, {.head_name = "fc"});
  const auto all =
      std::find_if(still.rows.begin(), still.rows.end(), [](const auto& r) { return r.layer == kAll; });
  EXPECT_EQ(all->statistics.n, 538640 - 200 * 1024);  // all Conv2d and Linear weights but the head's
  EXPECT_EQ(all->statistics.magnitude, 0);

  const auto file = WeightsFile::open(real);
  std::vector<test::MadeLayer> layers;
  Values before, after;
  for (const auto& tensor : file->tensors()) {
    if (tensor.shape.size() < 2 || tensor.name.starts_with("fc.")) continue;
    layers.push_back({tensor.name, tensor.shape});
    before.emplace_back(static_cast<std::size_t>(tensor.elements()));
    file->read_values(tensor, 0, std::span(before.back()));
    after.push_back(test::changed(before.back(), NegativeEntropy{}, Stream(before.size(), "real")));
  }
  const test::TemporaryFolder folder;
  test::write_snapshot(folder / "changed.safetensors", layers, after, {{"head", "fc"}});
  const auto table = analyze_pair(real, folder / "changed.safetensors", {});
  std::map<std::string, double> seen;
  for (const auto& r : table.rows) {
    if (r.layer == kAllStandardised) seen[r.evaluated_with] = r.statistics.delta_cdf;
  }
  EXPECT_LT(seen["negative_entropy"], 0.01);
  EXPECT_GT(seen["2-norm"], 0.1);
  EXPECT_GT(seen["3-norm"], seen["2-norm"]);
}

}  // namespace
}  // namespace mirrortune
