#include "weights/dtype.h"

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "base/error.h"

namespace mirrortune {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian and are read as they lie");

struct DTypeRow {
  DType dtype;
  std::size_t bytes;
  std::string_view torch;
  std::string_view safetensors;
};

constexpr std::array kRows = {
    DTypeRow{DType::float64, 8, "float64", "F64"}, DTypeRow{DType::float32, 4, "float32", "F32"},
    DTypeRow{DType::float16, 2, "float16", "F16"}, DTypeRow{DType::bfloat16, 2, "bfloat16", "BF16"},
    DTypeRow{DType::int64, 8, "int64", "I64"},     DTypeRow{DType::int32, 4, "int32", "I32"},
    DTypeRow{DType::int16, 2, "int16", "I16"},     DTypeRow{DType::int8, 1, "int8", "I8"},
    DTypeRow{DType::uint64, 8, "uint64", "U64"},   DTypeRow{DType::uint32, 4, "uint32", "U32"},
    DTypeRow{DType::uint16, 2, "uint16", "U16"},   DTypeRow{DType::uint8, 1, "uint8", "U8"},
    DTypeRow{DType::boolean, 1, "bool", "BOOL"},
};

const DTypeRow& row_of(DType dtype) { return kRows.at(static_cast<std::size_t>(dtype)); }

template <class Stored, class T, class Convert>
void convert_each(std::span<const std::byte> bytes, std::span<T> out, Convert convert) {
  MIRRORTUNE_CHECK(bytes.size() == out.size() * sizeof(Stored));
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = static_cast<T>(convert(stored));
  }
}

template <class Stored, class T>
void cast_each(std::span<const std::byte> bytes, std::span<T> out) {
  if constexpr (std::is_same_v<Stored, T>) {
    MIRRORTUNE_CHECK(bytes.size() == out.size_bytes());
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  } else {
    convert_each<Stored>(bytes, out, [](Stored value) { return value; });
  }
}

template <class T>
void convert_array(DType dtype, std::span<const std::byte> bytes, std::span<T> out) {
  switch (dtype) {
    case DType::float64:
      return cast_each<double>(bytes, out);
    case DType::float32:
      return cast_each<float>(bytes, out);
    case DType::float16:
      return convert_each<std::uint16_t>(bytes, out, half_to_float);
    case DType::bfloat16:
      return convert_each<std::uint16_t>(bytes, out, bfloat16_to_float);
    case DType::int64:
      return cast_each<std::int64_t>(bytes, out);
    case DType::int32:
      return cast_each<std::int32_t>(bytes, out);
    case DType::int16:
      return cast_each<std::int16_t>(bytes, out);
    case DType::int8:
      return cast_each<std::int8_t>(bytes, out);
    case DType::uint64:
      return cast_each<std::uint64_t>(bytes, out);
    case DType::uint32:
      return cast_each<std::uint32_t>(bytes, out);
    case DType::uint16:
      return cast_each<std::uint16_t>(bytes, out);
    case DType::uint8:
      return cast_each<std::uint8_t>(bytes, out);
    case DType::boolean:
      return convert_each<std::uint8_t>(bytes, out, [](std::uint8_t v) { return v != 0; });
  }
}

}  // namespace

std::size_t element_bytes(DType dtype) { return row_of(dtype).bytes; }

bool is_floating(DType dtype) {
  return dtype == DType::float64 || dtype == DType::float32 || dtype == DType::float16 ||
         dtype == DType::bfloat16;
}

std::string_view torch_name(DType dtype) { return row_of(dtype).torch; }

std::string_view safetensors_name(DType dtype) { return row_of(dtype).safetensors; }

std::optional<DType> dtype_from_safetensors(std::string_view name) {
  for (const auto& row : kRows) {
    if (row.safetensors == name) return row.dtype;
  }
  return std::nullopt;
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1Fu;
  const std::uint32_t fraction = bits & 0x3FFu;
  if (exponent == 0) {  // zero or subnormal: fraction · 2^-24, exact in float
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  const std::uint32_t wide = exponent == 0x1F ? 0xFFu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float bfloat16_to_float(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

void to_numbers(DType dtype, std::span<const std::byte> bytes, std::span<double> out) {
  convert_array(dtype, bytes, out);
}

void to_numbers(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
  convert_array(dtype, bytes, out);
}

}  // namespace mirrortune
