#include "weights/tensor.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "support/paths.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

TEST(Tensor, OfEveryTypeKeepsItsBytesThereAndBack) {
  const auto file = WeightsFile::open(test::fixture("weights/dtypes.pth"));
  for (const auto& info : file->tensors()) {
    const auto array = file->read(info);
    const auto tensor = to_tensor(array);
    EXPECT_EQ(tensor.sizes().vec(), info.shape) << info.name;
    EXPECT_EQ(tensor.scalar_type(), scalar_type(info.dtype)) << info.name;
    const auto back = to_array(info.name, tensor);
    EXPECT_EQ(back.info, info);
    EXPECT_EQ(back.bytes, array.bytes) << info.name;
  }
}

TEST(Tensor, TakesOverTheBytesOfAnArrayThatIsHandedOver) {
  auto array = to_array("w", torch::arange(1000, torch::kFloat32));
  const void* bytes = array.bytes.data();
  const auto copy = to_tensor(array);
  const auto moved = to_tensor(std::move(array));
  EXPECT_NE(copy.data_ptr(), bytes);
  EXPECT_EQ(moved.data_ptr(), bytes);
  EXPECT_TRUE(moved.equal(copy));
}

TEST(HostArrays, LookAtRowMajorTensorsAndCopyOthers) {
  const auto tensor = torch::arange(6, torch::kFloat32).view({2, 3});
  HostArrays arrays;
  arrays.add("as it lies", tensor);
  arrays.add("transposed", tensor.t());
  const auto views = arrays.views();
  EXPECT_EQ(static_cast<const void*>(views[0].bytes.data()), tensor.const_data_ptr());
  EXPECT_EQ(views[0].info, (TensorInfo{"as it lies", DType::float32, {2, 3}}));
  EXPECT_EQ(views[1].info, (TensorInfo{"transposed", DType::float32, {3, 2}}));
  const auto expected = tensor.t().contiguous();
  EXPECT_EQ(std::memcmp(views[1].bytes.data(), expected.const_data_ptr(), expected.nbytes()), 0);
}

TEST(Tensor, HasTheValuesThatTheFileHolds) {
  const auto file = WeightsFile::open(test::fixture("weights/views.pth"));
  EXPECT_TRUE(to_tensor(file->read(*file->find("transposed")))
                  .equal(torch::arange(60, torch::kFloat32).reshape({6, 10}).t()));
  EXPECT_TRUE(to_tensor(file->read(*file->find("column")))
                  .equal(torch::arange(60, torch::kFloat32).reshape({6, 10}).select(1, 4)));
}

TEST(Tensor, OfAnyStridesBecomesRowMajor) {
  const auto tensor = torch::arange(24, torch::kInt32).reshape({2, 3, 4}).permute({2, 0, 1});
  const auto array = to_array("w", tensor);
  EXPECT_TRUE(to_tensor(array).equal(tensor.contiguous()));
  EXPECT_THAT(array.info.shape, testing::ElementsAre(4, 2, 3));
}

TEST(Tensor, ThatRequiresAGradientIsCopiedWithoutIt) {
  const auto tensor = torch::ones({3}, torch::requires_grad());
  EXPECT_FALSE(to_tensor(to_array("w", tensor)).requires_grad());
}

TEST(Tensor, OfATypeThatNoFileHoldsIsRefused) {
  EXPECT_THROW(to_array("w", torch::zeros({2}, torch::kComplexFloat)), WeightsError);
}

}  // namespace
}  // namespace mirrortune
