#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mirrortune {

/// What the elements of a stored tensor are. Half, bfloat16 and all integers are kept as they lie in the
/// file.
enum class DType {
  float64,
  float32,
  float16,
  bfloat16,
  int64,
  int32,
  int16,
  int8,
  uint64,
  uint32,
  uint16,
  uint8,
  boolean
};

std::size_t element_bytes(DType dtype);
bool is_floating(DType dtype);

/// PyTorch's name: "float32", "bool".
std::string_view torch_name(DType dtype);
/// The name in a .safetensors header: "F32", "BOOL".
std::string_view safetensors_name(DType dtype);
/// The type with this name in a .safetensors header; nothing for one we do not read (F8_E4M3, C64, …).
std::optional<DType> dtype_from_safetensors(std::string_view name);

/// IEEE binary16 and bfloat16 → float, exact for every bit pattern (subnormals, infinities, NaN payloads).
float half_to_float(std::uint16_t bits);
float bfloat16_to_float(std::uint16_t bits);

/// Little-endian elements → numbers; `bytes` holds exactly out.size() elements. Booleans become 0 and 1;
/// integers above 2^53 (float: 2^24) are rounded.
void to_numbers(DType dtype, std::span<const std::byte> bytes, std::span<double> out);
void to_numbers(DType dtype, std::span<const std::byte> bytes, std::span<float> out);

}  // namespace mirrortune
