#include "models/load.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "models/layers.h"
#include "support/golden.h"
#include "support/paths.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kName = "shufflenet_v2_x0_5";
constexpr std::int64_t kClasses = 10;

ModelOptions reinit_head() {
  ModelOptions options;
  options.reinit_head = true;
  return options;
}

ModelOptions allow_nonfinite() {
  ModelOptions options;
  options.allow_nonfinite = true;
  return options;
}

/// A weights file on disk that a test spoils in one way before it is written.
class LoadWeights : public testing::Test {
 protected:
  LoadWeights() {
    const auto network = make_network(kName, kClasses);
    make_weights(*network);
    for (const StateEntry& entry : state_entries(*network)) put(entry.name, entry.value);
  }

  void put(const std::string& name, const torch::Tensor& tensor) {
    arrays_[name] = to_array(name, tensor.detach());
  }
  torch::Tensor get(const std::string& name) { return to_tensor(arrays_.at(name)); }

  std::string write() {
    std::vector<ArrayView> views;
    for (const auto& [name, array] : arrays_) views.push_back(view_of(array));
    const auto path = folder_ / "weights.safetensors";
    write_safetensors(path, views, {});
    return path.string();
  }

  std::shared_ptr<Network> load(ModelOptions options = {}, std::uint64_t seed = 5) {
    options.name = kName;
    options.weights = write();
    options.classes = kClasses;
    auto network = make_network(kName, kClasses);
    load_weights(*network, options, seed);
    return network;
  }

  std::string error(const ModelOptions& options = {}) {
    try {
      load(options);
    } catch (const WeightsError& thrown) {
      return thrown.what();
    }
    return "loaded without an error";
  }

  TemporaryFolder folder_;
  std::map<std::string, NamedArray> arrays_;
};

TEST_F(LoadWeights, GivesEveryEntryTheFilesValueInAnyLayout) {
  ModelOptions options{.name = kName, .weights = write(), .classes = kClasses};
  const auto network = make_network(kName, kClasses);
  use_channels_last(*network);
  load_weights(*network, options, 0);
  for (const StateEntry& entry : state_entries(*network)) {
    EXPECT_TRUE(entry.value.equal(get(entry.name))) << entry.name;
  }
}

TEST_F(LoadWeights, AFileWithoutBatchCountersLoadsAndTheyAreZero) {
  std::erase_if(arrays_, [](const auto& array) { return array.first.ends_with("num_batches_tracked"); });
  const auto network = load();
  EXPECT_EQ(network->named_buffers()["conv1.1.num_batches_tracked"].item<std::int64_t>(), 0);
}

TEST_F(LoadWeights, KeepsTheFilesBatchCounters) {
  put("conv1.1.num_batches_tracked", torch::tensor(12345678901, torch::kLong));
  EXPECT_EQ(load()->named_buffers()["conv1.1.num_batches_tracked"].item<std::int64_t>(), 12345678901);
}

TEST_F(LoadWeights, FloatsOfOtherWidthsBecomeFloat32) {
  put("fc.bias", get("fc.bias").to(torch::kFloat64));
  put("conv5.0.weight", get("conv5.0.weight").to(torch::kHalf));
  put("conv1.0.weight", get("conv1.0.weight").to(torch::kBFloat16));
  const auto p = load()->named_parameters();
  for (const std::string name : {"fc.bias", "conv5.0.weight", "conv1.0.weight"}) {
    EXPECT_EQ(p[name].scalar_type(), torch::kFloat32) << name;
    EXPECT_TRUE(p[name].equal(get(name).to(torch::kFloat32))) << name;
  }
}

TEST_F(LoadWeights, EverythingThatDoesNotMatchIsInOneError) {
  arrays_.erase("conv1.0.weight");
  put("conv9.weight", torch::zeros({3}));
  put("conv5.1.bias", torch::zeros({7}));
  put("fc.bias", torch::zeros({kClasses}, torch::kInt32));
  put("conv1.1.num_batches_tracked", torch::tensor(1.5));
  EXPECT_THAT(error(),
              AllOf(HasSubstr("1 missing (conv1.0.weight)"), HasSubstr("1 unexpected (conv9.weight)"),
                    HasSubstr("conv5.1.bias: [7] in the file, [1024] in the network"),
                    HasSubstr("fc.bias: int32 [10] in the file, float32 [10] in the network"),
                    HasSubstr("num_batches_tracked: float32 [] in the file, int64 [] in the network")));
}

TEST_F(LoadWeights, ALongListIsCutAndCounted) {
  const auto keep = arrays_.extract("fc.bias");
  arrays_.clear();
  arrays_.insert({"fc.bias", keep.mapped()});
  EXPECT_THAT(error(), HasSubstr("; and 261 more"));
}

TEST_F(LoadWeights, CompareListsWithoutThrowing) {
  arrays_.erase("conv1.0.weight");
  put("extra", torch::zeros({3}));
  put("conv5.1.bias", torch::zeros({7}));
  const auto network = make_network(kName, kClasses);
  const LoadReport report = compare_state(*network, *WeightsFile::open(write()));
  EXPECT_EQ(report.loaded, 336);
  EXPECT_THAT(report.missing, ElementsAre("conv1.0.weight"));
  EXPECT_THAT(report.unexpected, ElementsAre("extra"));
  EXPECT_THAT(report.mismatched, ElementsAre("conv5.1.bias: [7] in the file, [1024] in the network"));
}

TEST_F(LoadWeights, AHeadOfAnotherSizeIsAnErrorWithBothSizesAndTheWayOut) {
  put("fc.weight", torch::zeros({200, 1024}));
  put("fc.bias", torch::zeros({200}));
  EXPECT_THAT(error(), AllOf(HasSubstr("200 classes"), HasSubstr("asks for 10"),
                             HasSubstr("model.classes: 200"), HasSubstr("model.reinit_head: true")));
}

TEST_F(LoadWeights, WithReinitHeadAHeadOfAnotherSizeIsDrawnFromTheSeed) {
  put("fc.weight", torch::zeros({200, 1024}));
  put("fc.bias", torch::zeros({200}));
  const auto a = load(reinit_head(), 1)->named_parameters();
  const auto b = load(reinit_head(), 1)->named_parameters();
  const auto c = load(reinit_head(), 2)->named_parameters();
  EXPECT_TRUE(a["fc.weight"].equal(b["fc.weight"]));
  EXPECT_FALSE(a["fc.weight"].equal(c["fc.weight"]));
  EXPECT_LE(a["fc.weight"].abs().max().item<double>(), 1.0 / 32);
  EXPECT_GT(a["fc.bias"].abs().min().item<double>(), 0);
  EXPECT_TRUE(a["conv5.0.weight"].equal(get("conv5.0.weight")));
}

TEST_F(LoadWeights, WithReinitHeadAHeadThatFitsIsLoaded) {
  EXPECT_TRUE(load(reinit_head())->named_parameters()["fc.weight"].equal(get("fc.weight")));
}

TEST_F(LoadWeights, WithReinitHeadTheRestIsStillStrict) {
  put("fc.weight", torch::zeros({200, 1024}));
  put("fc.bias", torch::zeros({200}));
  arrays_.erase("conv1.0.weight");
  EXPECT_THAT(error(reinit_head()), AllOf(HasSubstr("conv1.0.weight"), testing::Not(HasSubstr("fc."))));
  EXPECT_THAT(error(), AllOf(HasSubstr("conv1.0.weight"), HasSubstr("fc.bias: [200] in the file")));
}

TEST_F(LoadWeights, ValuesThatAreNotFiniteAreAnErrorThatNamesTheTensors) {
  auto spoilt = get("conv5.1.weight");
  spoilt[3] = std::numeric_limits<float>::quiet_NaN();
  spoilt[4] = -std::numeric_limits<float>::infinity();
  put("conv5.1.weight", spoilt);
  put("fc.bias", torch::full({kClasses}, 1e300, torch::kFloat64));
  EXPECT_THAT(error(), AllOf(HasSubstr("conv5.1.weight: 2 of 1024"), HasSubstr("fc.bias: 10 of 10"),
                             HasSubstr("model.allow_nonfinite: true")));
  EXPECT_TRUE(load(allow_nonfinite())->named_parameters()["conv5.1.weight"][3].isnan().item<bool>());
}

TEST(LoadRealWeights, TheSharedTiny200FileLoadsFromEveryFormat) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/shufflenet_v2_x0_5-tiny200.pth");
  std::vector<Fingerprint> prints;
  for (const std::string ending : {"pth", "legacy.pth", "safetensors"}) {
    const auto path = shared("data/weights/shufflenet_v2_x0_5-tiny200." + ending);
    const auto network = make_network(kName, 200);
    const LoadReport report = compare_state(*network, *WeightsFile::open(path));
    EXPECT_THAT(report.missing, IsEmpty());
    EXPECT_THAT(report.unexpected, IsEmpty());
    EXPECT_THAT(report.mismatched, IsEmpty());
    load_weights(*network, {.name = kName, .weights = path.string(), .classes = 200}, 0);
    EXPECT_EQ(num_plastic_weights(*network), 538640);
    prints.push_back(fingerprint(*network));
  }
  EXPECT_EQ(prints[0].first8, prints[1].first8);
  EXPECT_EQ(prints[0].first8, prints[2].first8);
}

}  // namespace
}  // namespace mirrortune::test
