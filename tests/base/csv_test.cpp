#include "base/csv.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace mirrortune {
namespace {

TEST(Csv, WhatIsWrittenReadsBack) {
  CsvTable table({"name", "value"});
  table.add({"plain", "1"});
  table.add({"comma, quote \" and\nnewline", ""});
  const auto again = CsvTable::parse(table.to_text(), "t.csv");
  EXPECT_EQ(again.columns(), table.columns());
  EXPECT_EQ(again.rows(), table.rows());
}

TEST(Csv, ReadsWindowsLineEndsAMissingLastOneAndAByteOrderMark) {
  const auto table = CsvTable::parse(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n3,4",
      "t.csv");
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.rows(), (std::vector<std::vector<std::string>>{{"1", "2"}, {"3", "4"}}));
}

TEST(Csv, ARowOfAnotherLengthIsAnErrorWithItsLine) {
  try {
    CsvTable::parse("a,b\n1,2\n1,2,3\n", "t.csv");
    FAIL() << "must throw";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("t.csv:3"), std::string::npos);
  }
}

TEST(Csv, AnUnclosedQuoteIsAnError) { EXPECT_THROW(CsvTable::parse("a\n\"x\n", "t.csv"), DataError); }

TEST(CsvRecords, AreReadOneByOneWithTheirLinesAndAnySeparator) {
  CsvRecords records("a;b\r\n\r\n\"x\ny;z\";1,5\n;\n", "t.csv", ';');
  std::vector<std::string> cells;
  std::vector<std::vector<std::string>> read;
  std::vector<std::size_t> lines;
  while (records.next(cells)) {
    read.push_back(cells);
    lines.push_back(records.line());
  }
  EXPECT_EQ(read, (std::vector<std::vector<std::string>>{{"a", "b"}, {"x\ny;z", "1,5"}, {"", ""}}));
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 3, 5}));
  EXPECT_EQ(records.where(), "t.csv:5");
}

TEST(Csv, AMissingColumnIsAnError) {
  EXPECT_THROW(CsvTable::parse("a,b\n", "t.csv").column("c"), DataError);
  EXPECT_EQ(CsvTable::parse("a,b\n", "t.csv").column("b"), 1U);
}

}  // namespace
}  // namespace mirrortune
