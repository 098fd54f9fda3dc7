#include "weights/tensor.h"

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mirrortune {
namespace {

constexpr std::array kTypes = {
    std::pair{DType::float64, torch::kFloat64}, std::pair{DType::float32, torch::kFloat32},
    std::pair{DType::float16, torch::kFloat16}, std::pair{DType::bfloat16, torch::kBFloat16},
    std::pair{DType::int64, torch::kInt64},     std::pair{DType::int32, torch::kInt32},
    std::pair{DType::int16, torch::kInt16},     std::pair{DType::int8, torch::kInt8},
    std::pair{DType::uint64, torch::kUInt64},   std::pair{DType::uint32, torch::kUInt32},
    std::pair{DType::uint16, torch::kUInt16},   std::pair{DType::uint8, torch::kUInt8},
    std::pair{DType::boolean, torch::kBool},
};

}  // namespace

torch::ScalarType scalar_type(DType dtype) { return kTypes.at(static_cast<std::size_t>(dtype)).second; }

DType dtype_of(torch::ScalarType type) {
  for (const auto& [dtype, scalar] : kTypes) {
    if (scalar == type) return dtype;
  }
  throw WeightsError(
      {.what = "cannot store a tensor",
       .why = std::string("its type ") + c10::toString(type) + " is not one of a weights file"});
}

torch::Tensor to_tensor(NamedArray array) {
  MIRRORTUNE_CHECK(array.bytes.size() == static_cast<std::size_t>(array.info.bytes()));
  auto bytes = std::make_shared<std::vector<std::byte>>(std::move(array.bytes));
  return torch::from_blob(
      bytes->data(), array.info.shape, [bytes](void*) {}, scalar_type(array.info.dtype));
}

NamedArray to_array(const std::string& name, const torch::Tensor& tensor) {
  HostArrays arrays;
  arrays.add(name, tensor);
  const ArrayView& view = arrays.views().front();
  return {view.info, {view.bytes.begin(), view.bytes.end()}};
}

void HostArrays::add(std::string name, const torch::Tensor& tensor) {
  const auto& values = tensors_.emplace_back(tensor.detach().to(torch::kCPU).contiguous());
  views_.push_back(
      {{.name = std::move(name), .dtype = dtype_of(values.scalar_type()), .shape = values.sizes().vec()},
       {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}});
}

}  // namespace mirrortune
