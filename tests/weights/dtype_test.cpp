#include "weights/dtype.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

/// A binary floating-point number with these fields, by its definition.
double by_definition(unsigned bits, int exponent_bits, int fraction_bits) {
  const double sign = (bits >> (exponent_bits + fraction_bits)) & 1 ? -1 : 1;
  const int exponent = static_cast<int>((bits >> fraction_bits) & ((1u << exponent_bits) - 1));
  const double fraction = std::ldexp(static_cast<double>(bits & ((1u << fraction_bits) - 1)), -fraction_bits);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (exponent == (1 << exponent_bits) - 1) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  return exponent == 0 ? sign * std::ldexp(fraction, 1 - bias)
                       : sign * std::ldexp(1 + fraction, exponent - bias);
}

void expect_equal(double value, double expected, unsigned bits) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(value)) << bits;
  } else {
    EXPECT_EQ(value, expected) << bits;
    EXPECT_EQ(std::signbit(value), std::signbit(expected)) << bits;
  }
}

TEST(DType, EveryHalfIsTheNumberOfItsFields) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    expect_equal(half_to_float(static_cast<std::uint16_t>(bits)), by_definition(bits, 5, 10), bits);
  }
}

TEST(DType, EveryBfloat16IsTheNumberOfItsFields) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    expect_equal(bfloat16_to_float(static_cast<std::uint16_t>(bits)), by_definition(bits, 8, 7), bits);
  }
}

TEST(DType, NamesGoBothWays) {
  EXPECT_EQ(torch_name(DType::bfloat16), "bfloat16");
  EXPECT_EQ(torch_name(DType::boolean), "bool");
  for (const auto dtype : {DType::float64, DType::float32, DType::float16, DType::bfloat16, DType::int64,
                           DType::int32, DType::int16, DType::int8, DType::uint64, DType::uint32,
                           DType::uint16, DType::uint8, DType::boolean}) {
    EXPECT_EQ(dtype_from_safetensors(safetensors_name(dtype)), dtype);
    EXPECT_EQ(is_floating(dtype), torch_name(dtype).find("float") != std::string_view::npos);
  }
  EXPECT_EQ(dtype_from_safetensors("F8_E4M3"), std::nullopt);
  EXPECT_EQ(dtype_from_safetensors("f32"), std::nullopt);
}

template <class Stored>
std::vector<double> numbers_of(DType dtype, const std::vector<Stored>& stored) {
  std::vector<double> numbers(stored.size());
  to_numbers(dtype, std::as_bytes(std::span(stored)), std::span<double>(numbers));
  return numbers;
}

TEST(DType, IntegersKeepTheirSignAndRange) {
  EXPECT_EQ(numbers_of<std::int8_t>(DType::int8, {-128, 127}), (std::vector<double>{-128, 127}));
  EXPECT_EQ(numbers_of<std::uint8_t>(DType::uint8, {0, 255}), (std::vector<double>{0, 255}));
  EXPECT_EQ(numbers_of<std::int16_t>(DType::int16, {-32768}), (std::vector<double>{-32768}));
  EXPECT_EQ(numbers_of<std::int32_t>(DType::int32, {-2147483647}), (std::vector<double>{-2147483647}));
  EXPECT_EQ(numbers_of<std::uint16_t>(DType::uint16, {0, 65535}), (std::vector<double>{0, 65535}));
  EXPECT_EQ(numbers_of<std::uint32_t>(DType::uint32, {4294967295}), (std::vector<double>{4294967295}));
  EXPECT_EQ(numbers_of<std::uint64_t>(DType::uint64, {~std::uint64_t{0}}), (std::vector<double>{0x1p64}));
  EXPECT_EQ(numbers_of<std::int64_t>(DType::int64, {std::int64_t{1} << 53}), (std::vector<double>{0x1p53}));
  EXPECT_EQ(numbers_of<std::uint8_t>(DType::boolean, {0, 1}), (std::vector<double>{0, 1}));
  EXPECT_TRUE(numbers_of<float>(DType::float32, {}).empty());
}

}  // namespace
}  // namespace mirrortune
