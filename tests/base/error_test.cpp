#include "base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

TEST(Error, IsOneSentenceOfItsParts) {
  const WeightsError error({.what = "cannot read weights",
                            .where = "a.pth",
                            .why = "the CRC of record data/3 differs",
                            .safe = "Nothing was written",
                            .todo = "Download the file again"});
  EXPECT_STREQ(error.what(),
               "cannot read weights a.pth: the CRC of record data/3 differs. Nothing was written. Download "
               "the file again.");
  EXPECT_EQ(error.code(), ExitCode::data);
}

TEST(Error, LeavesOutEmptyParts) {
  EXPECT_STREQ(ConfigError({.what = "the file is empty"}).what(), "the file is empty.");
  EXPECT_STREQ(UsageError({.what = "unknown command", .where = "'rnu'", .todo = "See --help"}).what(),
               "unknown command 'rnu'. See --help.");
}

TEST(Error, ReadsGetTheExitCodeOfTheirCause) {
  EXPECT_THROW(throw_read_error("cannot read", "x", ENOENT), MissingError);
  EXPECT_THROW(throw_read_error("cannot read", "x", EACCES), PermissionError);
  EXPECT_THROW(throw_read_error("cannot read", "x", EIO), DataError);
}

TEST(Error, WritesGetTheExitCodeOfTheirCause) {
  EXPECT_THROW(throw_write_error("cannot write", "x", ENOSPC), WriteError);
  EXPECT_THROW(throw_write_error("cannot write", "x", EFBIG), WriteError);
  EXPECT_THROW(throw_write_error("cannot write", "x", EACCES), PermissionError);
  EXPECT_THROW(throw_write_error("cannot write", "x", EEXIST), ExistsError);
}

TEST(Error, ABrokenInvariantIsOurBug) {
  try {
    MIRRORTUNE_CHECK(1 + 1 == 3);
    FAIL() << "must throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::internal);
    EXPECT_NE(std::string(error.what()).find("1 + 1 == 3"), std::string::npos);
  }
}

}  // namespace
}  // namespace mirrortune
