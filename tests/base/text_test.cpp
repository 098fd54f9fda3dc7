#include "base/text.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

TEST(FormatNumber, IsShortestAndReadsBackExactly) {
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(2.0), "2");
  EXPECT_EQ(format_number(std::nan("")), "nan");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-inf");
  for (const double value : {1.0 / 3.0, 1e-300, 5e-324, 1.7976931348623157e308, -0.0}) {
    const auto again = parse_number(format_number(value));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, value);
  }
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number("1e-4"), 1e-4);
  EXPECT_EQ(parse_number("+2"), 2.0);
  for (const char* text : {"", "fast", "1x", " 1", "0x10", "nan"}) EXPECT_FALSE(parse_number(text)) << text;
  EXPECT_EQ(parse_integer("-12"), -12);
  for (const char* text : {"", "1.0", "1e3", "99999999999999999999"})
    EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(Split, KeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
}

TEST(Trim, RemovesBlanksAtBothEnds) {
  EXPECT_EQ(trim(" a b\r\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
}

TEST(Nearest, FindsASlipOfTheKeyAndNothingForeign) {
  const std::vector<std::string> keys = {"optimizer.momentum", "train.epochs", "lr"};
  EXPECT_EQ(nearest("optimzer.momentum", keys), "optimizer.momentum");
  EXPECT_EQ(nearest("train.epoch", keys), "train.epochs");
  EXPECT_FALSE(nearest("something.else", keys));
}

TEST(Utf8, IsToldFromOtherBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("aé≤\xF0\x9F\x8C\x8D"));
  EXPECT_FALSE(is_utf8("\xFF"));
  EXPECT_FALSE(is_utf8("a\xC3"));
  EXPECT_FALSE(is_utf8("\xC0\x80")) << "an overlong form";
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1B[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("line\nend"), "line\\x0aend");
  EXPECT_EQ(printable("\xFFé"), "\\xffé");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\xc2\\x9b31m");
}

}  // namespace
}  // namespace mirrortune
