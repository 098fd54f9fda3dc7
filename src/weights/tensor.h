#pragma once

#include <string>

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

}  // namespace mirrortune
