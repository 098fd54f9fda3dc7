#pragma once

#include <span>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "weights/tensor_info.h"

namespace mirrortune {

/// DType ↔ PyTorch's scalar type. Throws WeightsError for a scalar type that we do not store (complex,
/// float8).
torch::ScalarType scalar_type(DType dtype);
DType dtype_of(torch::ScalarType type);

/// A contiguous CPU tensor that owns the array's bytes: handed over by std::move, or fresh from a file, they
/// are not copied.
torch::Tensor to_tensor(NamedArray array);
/// A copy of the values in row-major order, from any device and with any strides.
NamedArray to_array(const std::string& name, const torch::Tensor& tensor);

/// Tensors as arrays to write, from any device and with any strides. A tensor that lies in row-major order on
/// the CPU is not copied: its array changes with it.
class HostArrays {
 public:
  void add(std::string name, const torch::Tensor& tensor);
  std::span<const ArrayView> views() const { return views_; }

 private:
  std::vector<torch::Tensor> tensors_;  // what the views look at
  std::vector<ArrayView> views_;
};

}  // namespace mirrortune
