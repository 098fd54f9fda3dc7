#include "geometry/identify_layers.h"

#include <bit>
#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/stream.h"
#include "support/paths.h"
#include "weights/safetensors_writer.h"

#include "geometry/geometry.h"

namespace mirrortune {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// A made-up layer of a network, before and after.
struct MadeLayer {
  std::string name = "layer.weight";
  std::vector<std::int64_t> shape = {64, 32, 3, 3};
  double lambda = 1;
  double change = 0.1;                 ///< sd of the dual change of a weight of size 1
  double scale_sd = 0;                 ///< log-sd of the scales of rows and columns
  bool scales_follow_weights = false;  ///< larger weights in the rows of larger scales
  double drift = 0;
  bool normalised = false;  ///< the dual changes of a row are made orthogonal to its weights
  std::uint64_t seed = 1;
};

using Values = std::vector<float>;

/// Takes the part along the weights out of the dual changes of a row.
void make_orthogonal(std::span<const double> weights, std::span<double> changes) {
  double along = 0, squares = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    along += weights[i] * changes[i];
    squares += weights[i] * weights[i];
  }
  for (std::size_t i = 0; i < weights.size(); ++i) changes[i] -= along / squares * weights[i];
}

std::pair<Values, Values> values_of(const MadeLayer& layer) {
  const Stream draws(layer.seed, "weights"), scales(layer.seed, "scales");
  std::int64_t count = 1, inner = 1;
  for (const auto extent : layer.shape) count *= extent;
  for (std::size_t i = 2; i < layer.shape.size(); ++i) inner *= layer.shape[i];
  const PowerGeometry geometry{layer.lambda};
  std::vector<double> weights, changes;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto draw = static_cast<std::uint64_t>(2 * i);
    const auto row = static_cast<std::uint64_t>(i / inner / layer.shape[1]);
    const auto column = static_cast<std::uint64_t>(i / inner % layer.shape[1]);
    const double row_scale = std::exp(layer.scale_sd * scales.normal(row));
    const double column_scale = std::exp(layer.scale_sd * scales.normal(1000 + column));
    const double size = draws.normal(draw) * (layer.scales_follow_weights ? row_scale : 1.0);
    weights.push_back(size);
    // Towards larger sizes, as PowerGeometry has it, or in the direction of the axis.
    const double change = layer.change * row_scale * column_scale * draws.normal(draw + 1);
    changes.push_back(change +
                      layer.drift * geometry.per_relative_change(Size::of(size)) * (size < 0 ? -1 : 1));
  }
  const auto row_length = static_cast<std::size_t>(count / layer.shape[0]);
  for (std::size_t begin = 0; layer.normalised && begin < weights.size(); begin += row_length) {
    make_orthogonal(std::span(weights).subspan(begin, row_length),
                    std::span(changes).subspan(begin, row_length));
  }
  Values before, after;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double growth = weights[i] < 0 ? -changes[i] : changes[i];
    before.push_back(static_cast<float>(weights[i]));
    after.push_back(static_cast<float>(geometry.moved(Size::of(weights[i]), growth).value()));
  }
  return {before, after};
}

class IdentifyLayers : public testing::Test {
 protected:
  void add(const MadeLayer& layer) {
    auto [before, after] = values_of(layer);
    add(layer.name, layer.shape, std::move(before), std::move(after));
  }
  void add(const std::string& name, const std::vector<std::int64_t>& shape, Values before, Values after,
           DType dtype = DType::float32) {
    infos_.push_back({name, dtype, shape});
    before_.push_back(std::move(before));
    after_.push_back(std::move(after));
  }
  LayersIdentification identify(LayersOptions options = {}) {
    options.resamples = std::min(options.resamples, 200);
    write(folder_.path() / "before.safetensors", before_);
    write(folder_.path() / "after.safetensors", after_);
    return identify_layers(folder_.path() / "before.safetensors", folder_.path() / "after.safetensors",
                           options);
  }

 private:
  void write(const std::filesystem::path& path, const std::vector<Values>& values) {
    std::vector<ArrayView> views;
    std::vector<std::vector<std::uint16_t>> bfloat16(infos_.size());
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      for (const float value : values[i]) {
        bfloat16[i].push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
      }
      views.push_back({infos_[i], infos_[i].dtype == DType::bfloat16 ? std::as_bytes(std::span(bfloat16[i]))
                                                                     : std::as_bytes(std::span(values[i]))});
    }
    write_safetensors(path, views, {});
  }

  test::TemporaryFolder folder_;
  std::vector<TensorInfo> infos_;
  std::vector<Values> before_, after_;
};

TEST_F(IdentifyLayers, FindsTheExponentOfEachLayer) {
  add({.name = "a.weight", .lambda = 0});
  add({.name = "b.weight", .shape = {100, 100}, .lambda = 0.5, .seed = 2});
  add({.name = "c.weight", .shape = {500, 1, 3, 3}, .lambda = 2, .seed = 4});
  const auto found = identify();
  ASSERT_EQ(found.layers.size(), 3u);
  EXPECT_NEAR(found.layers[0].lambda, 0, 0.03);
  EXPECT_NEAR(found.layers[1].lambda, 0.5, 0.03);
  EXPECT_NEAR(found.layers[2].lambda, 2, 0.08);
  EXPECT_NEAR(found.median, 0.5, 0.03);
}

TEST_F(IdentifyLayers, ScalesOfRowsAndColumnsDoNotBiasIt) {
  add({.lambda = 2, .scale_sd = 0.7, .scales_follow_weights = true});
  const auto found = identify();
  EXPECT_NEAR(found.lambda, 2, 0.05);
  EXPECT_GT(std::fabs(identify({.scales = ChangeScales::layer}).lambda - 2), 0.15);
}

TEST_F(IdentifyLayers, BatchNormAfterSmallChannelsDoesNotBiasIt) {
  add({.shape = {3000, 1, 3, 3}, .lambda = 1, .change = 0.02, .normalised = true});
  const auto found = identify();
  EXPECT_TRUE(found.normalised);
  EXPECT_NEAR(found.lambda, 1, 0.03);
  EXPECT_GT(identify({.normalised = Normalised::no}).lambda, 1.05);
}

TEST_F(IdentifyLayers, LayersWithoutBatchNormAreToldApart) {
  add({.shape = {3000, 1, 3, 3}, .lambda = 1, .change = 0.02});
  const auto found = identify();
  EXPECT_FALSE(found.normalised);
  EXPECT_NEAR(found.lambda, 1, 0.03);
  EXPECT_LT(identify({.normalised = Normalised::yes}).lambda, 0.95);
}

TEST_F(IdentifyLayers, ChannelsOfFewChangesAreLeftOut) {
  MadeLayer layer{.shape = {40, 40}};
  auto [before, after] = values_of(layer);
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i % 40 == 7 && i > 80) after[i] = before[i];  // of column 7 the first two rows change only
  }
  add(layer.name, layer.shape, before, after);
  const auto found = identify();
  EXPECT_EQ(found.layers[0].unchanged, 38);
  EXPECT_EQ(found.layers[0].sparse, 2);
  EXPECT_NEAR(found.lambda, 1, 0.1);
}

TEST_F(IdentifyLayers, WeightDecayDoesNotBiasIt) {
  add({.lambda = 1, .drift = -0.2});
  const auto found = identify();
  EXPECT_NEAR(found.lambda, 1, 0.05);
  EXPECT_NEAR(found.layers[0].drift, -0.2, 0.01);
  EXPECT_GT(std::fabs(identify({.drift = false}).lambda - 1), 0.1);
}

TEST_F(IdentifyLayers, FlipsStayWhereTheGeometryMakesThem) {
  add({.lambda = 2, .change = 0.3});
  const auto found = identify();
  EXPECT_GT(found.layers[0].flips, 1000);
  EXPECT_NEAR(found.lambda, 2, 0.05);
}

TEST_F(IdentifyLayers, OneFlipUnderNegativeEntropyIsAnOutlier) {
  MadeLayer layer{.shape = {30, 100}, .lambda = 0};
  auto [before, after] = values_of(layer);
  after[1234] = -after[1234];
  add(layer.name, layer.shape, before, after);
  EXPECT_NEAR(identify().lambda, 0, 0.05);
}

TEST_F(IdentifyLayers, IntervalsHoldTheTruthAsOftenAsTheySay) {
  constexpr int kLayers = 60;
  for (int i = 0; i < kLayers; ++i) {
    add({.name = "l" + std::to_string(i),
         .shape = {24, 24},
         .lambda = 1,
         .scale_sd = 0.5,
         .seed = static_cast<std::uint64_t>(i)});
  }
  const auto found = identify();
  int rows = 0, profile = 0;
  for (const auto& layer : found.layers) {
    rows += layer.interval.contains(1);
    profile += layer.profile_interval.contains(1);
  }
  EXPECT_GE(profile, 50);
  EXPECT_GE(rows, 50);
  EXPECT_TRUE(found.interval.contains(1));
  EXPECT_LT(found.interval.width(), found.layers[0].interval.width());
}

TEST_F(IdentifyLayers, ALargeLayerIsLookedAtInPart) {
  add({.shape = {300, 40, 3, 3}, .lambda = 2});
  const auto part = identify({.max_weights = 20000});
  EXPECT_LE(part.layers[0].n, 20000);
  EXPECT_GT(part.layers[0].n, 10000);
  EXPECT_NEAR(part.lambda, 2, 0.08);
  EXPECT_THAT(part.notes, Contains(HasSubstr("evenly spaced rows and columns: layer.weight")));
  EXPECT_EQ(identify({.max_weights = 200000}).layers[0].n, 108000);
}

float to_bfloat16(float w) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(w) + 0x8000u) & 0xffff0000u);
}

/// A layer whose weights after are rounded, as are those before, which the changes start from.
std::pair<Values, Values> rounded_values_of(const MadeLayer& layer) {
  auto [before, after] = values_of(layer);
  const PowerGeometry geometry{layer.lambda};
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double change = geometry.change(Size::of(before[i]), Size::of(after[i]));
    before[i] = to_bfloat16(before[i]);
    after[i] = to_bfloat16(static_cast<float>(geometry.moved(Size::of(before[i]), change).value()));
  }
  return {before, after};
}

TEST_F(IdentifyLayers, RoundingToSixteenBitsDoesNotBiasIt) {
  // Of weights of sd 1, changes of 3·10⁻⁴ are less than half a unit in the last place of most.
  for (const double lambda : {0.0, 1.0, 2.0}) {
    const double change = lambda == 0 ? 2e-3 : 3e-4;
    auto [before, after] = rounded_values_of(
        {.shape = {128, 128}, .lambda = lambda, .change = change, .scale_sd = 0.5, .seed = 7});
    add("rounded" + std::to_string(lambda), {128, 128}, before, after);
  }
  const auto found = identify();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(found.layers[i].lambda, static_cast<double>(i), 0.05);
    EXPECT_TRUE(found.layers[i].rounded);
    EXPECT_EQ(found.layers[i].n, 128 * 128);
  }
  EXPECT_GT(found.layers[1].unchanged, 128 * 128 * 6 / 10);
  EXPECT_THAT(found.notes, Contains(HasSubstr("rounded to 16 bits")));
}

TEST_F(IdentifyLayers, RoundedWeightsAreKnownByThemselvesOrByTheirFile) {
  auto [before, after] = rounded_values_of({.shape = {64, 64}, .lambda = 1, .change = 1e-3});
  add("numbers", {64, 64}, before, after);
  add("file", {64, 64}, before, after, DType::bfloat16);
  const auto found = identify({.resamples = 0});
  EXPECT_TRUE(found.layers[0].rounded);
  EXPECT_EQ(found.layers[1].lambda, found.layers[0].lambda);
  EXPECT_EQ(found.layers[1].unchanged, found.layers[0].unchanged);
}

TEST_F(IdentifyLayers, UnchangedWeightsOfAnExactFileAreToldOf) {
  auto [before, after] = values_of({.shape = {64, 32}});
  for (std::size_t i = 0; i < after.size(); i += 4) after[i] = before[i];
  add("frozen", {64, 32}, before, after);
  const auto found = identify({.resamples = 0});
  EXPECT_FALSE(found.layers[0].rounded);
  EXPECT_EQ(found.layers[0].unchanged, 64 * 32 / 4);
  EXPECT_EQ(found.layers[0].n, 64 * 32 * 3 / 4);
  EXPECT_THAT(found.notes, Contains(HasSubstr("are unchanged, and left out")));
}

TEST_F(IdentifyLayers, IsTheSameForAnyNumberOfThreads) {
  for (int i = 0; i < 5; ++i) {
    add({.name = "l" + std::to_string(i), .shape = {20, 30}, .seed = static_cast<std::uint64_t>(i)});
  }
  const auto serial = identify({.threads = 1}), parallel = identify({.threads = 3});
  EXPECT_EQ(serial.lambda, parallel.lambda);
  EXPECT_EQ(serial.interval.low, parallel.interval.low);
  EXPECT_EQ(serial.profile, parallel.profile);
}

TEST_F(IdentifyLayers, ALayerThatHardlyChangedHasNoEstimate) {
  Values weights(10000, 0.5f);
  add("still", {100, 100}, weights, weights);
  add({.name = "moved"});
  const auto found = identify();
  EXPECT_TRUE(std::isnan(found.layers[0].lambda));
  EXPECT_EQ(found.layers[0].unchanged, 10000);
  EXPECT_NEAR(found.lambda, 1, 0.05);
  EXPECT_THAT(found.notes, Contains(HasSubstr("lambda is not known: still")));
}

}  // namespace
}  // namespace mirrortune
