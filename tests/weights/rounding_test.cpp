#include "weights/rounding.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

double number(DType dtype, std::uint16_t bits) {
  return dtype == DType::bfloat16 ? bfloat16_to_float(bits) : half_to_float(bits);
}

class Rounding16 : public testing::TestWithParam<DType> {};

TEST_P(Rounding16, CellsOfNeighboursMeetHalfWay) {
  for (std::uint16_t bits = 1; std::isfinite(number(GetParam(), static_cast<std::uint16_t>(bits + 1)));
       ++bits) {
    const double below = number(GetParam(), static_cast<std::uint16_t>(bits - 1)),
                 value = number(GetParam(), bits),
                 above = number(GetParam(), static_cast<std::uint16_t>(bits + 1));
    const RoundingCell cell = rounding_cell(GetParam(), -value);
    ASSERT_EQ(cell.low, (below + value) / 2) << bits;
    ASSERT_EQ(cell.high, (value + above) / 2) << bits;
    ASSERT_EQ(unit_in_last_place(GetParam(), value), above - value) << bits;
    ASSERT_EQ(unit_in_last_place(GetParam(), value + (above - value) / 3), above - value) << bits;
  }
  EXPECT_EQ(rounding_cell(GetParam(), 0).low, 0);
  EXPECT_EQ(rounding_cell(GetParam(), 0).high, number(GetParam(), 1) / 2);
}

TEST_P(Rounding16, KnowsWhichNumbersAreExact) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const double value = number(GetParam(), static_cast<std::uint16_t>(bits));
    ASSERT_TRUE(std::isnan(value) || is_exact_in(GetParam(), value)) << bits;
    if (!std::isfinite(value)) continue;
    ASSERT_FALSE(is_exact_in(GetParam(), value + unit_in_last_place(GetParam(), std::fabs(value)) / 4))
        << bits;
  }
  EXPECT_FALSE(is_exact_in(GetParam(), 0.1));
  EXPECT_FALSE(is_exact_in(GetParam(), 1e300));
  EXPECT_FALSE(is_exact_in(DType::float16, 65536));
  EXPECT_TRUE(is_exact_in(DType::bfloat16, 65536));
}

INSTANTIATE_TEST_SUITE_P(Types, Rounding16, testing::Values(DType::bfloat16, DType::float16),
                         [](const auto& type) { return std::string(torch_name(type.param)); });

TEST(Has16Bits, IsTrueOfTwoTypes) {
  EXPECT_TRUE(has_16_bits(DType::bfloat16));
  EXPECT_TRUE(has_16_bits(DType::float16));
  EXPECT_FALSE(has_16_bits(DType::float32));
  EXPECT_FALSE(has_16_bits(DType::int16));
}

}  // namespace
}  // namespace mirrortune
