#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "support/paths.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

using test::shared;

constexpr auto kZip = "data/weights/shufflenet_v2_x0_5-tiny200.pth";
constexpr auto kLegacy = "data/weights/shufflenet_v2_x0_5-tiny200.legacy.pth";
constexpr auto kSafetensors = "data/weights/shufflenet_v2_x0_5-tiny200.safetensors";
constexpr auto kEfficientNet = "data/weights/efficientnet-lite0-57934424.pth";

void expect_same_tensors(const WeightsFile& a, const WeightsFile& b) {
  ASSERT_EQ(a.tensors().size(), b.tensors().size());
  for (const auto& tensor : a.tensors()) {
    const TensorInfo* other = b.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_EQ(*other, tensor) << tensor.name;
    EXPECT_EQ(a.read(tensor).bytes, b.read(*other).bytes) << tensor.name;
  }
}

TEST(RealFiles, ZipLegacyAndSafetensorsOfOneStateDictAreEqualTensorByTensor) {
  MIRRORTUNE_NEEDS_SHARED(kZip);
  const auto zip = WeightsFile::open(shared(kZip));
  const auto legacy = WeightsFile::open(shared(kLegacy));
  const auto safetensors = WeightsFile::open(shared(kSafetensors));
  EXPECT_EQ(zip->format(), "zip .pth");
  EXPECT_EQ(legacy->format(), "legacy .pth");
  EXPECT_EQ(safetensors->format(), "safetensors");
  EXPECT_GT(zip->tensors().size(), 300u);
  expect_same_tensors(*zip, *legacy);
  expect_same_tensors(*zip, *safetensors);
}

TEST(RealFiles, LegacyKeepsTheOrderOfTheStateDict) {
  MIRRORTUNE_NEEDS_SHARED(kLegacy);
  EXPECT_EQ(WeightsFile::open(shared(kLegacy))->tensors(), WeightsFile::open(shared(kZip))->tensors());
}

TEST(RealFiles, EfficientNetLite0Has296EntriesWhoseHeadHasTheBytesThatPyTorchReads) {
  MIRRORTUNE_NEEDS_SHARED(kEfficientNet);
  const auto file = WeightsFile::open(shared(kEfficientNet));
  EXPECT_EQ(file->format(), "legacy .pth");
  EXPECT_EQ(file->tensors().size(), 296u);
  const TensorInfo* head = file->find("_fc.weight");
  ASSERT_NE(head, nullptr);
  EXPECT_THAT(head->shape, testing::ElementsAre(1000, 1280));
  EXPECT_EQ(sha256_hex(file->read(*head).bytes),
            "def206f63899628437e3fa805269b9ddcd6fcc7a406dfe6198f2ba48a1beee5b");
}

}  // namespace
}  // namespace mirrortune
