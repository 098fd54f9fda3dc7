#include "base/json.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

TEST(Json, KeepsTheOrderOfKeysAndReadsBack) {
  const test::TemporaryFolder folder;
  const Json document = {{"z", 1}, {"a", {1.5, "text"}}};
  write_json(folder / "d.json", document);
  EXPECT_EQ(read_json(folder / "d.json"), document);
  EXPECT_LT(read_text_file(folder / "d.json").find("\"z\""), read_text_file(folder / "d.json").find("\"a\""));
}

TEST(Json, NaNAndInfinityAreNull) {
  EXPECT_TRUE(number_or_null(std::numeric_limits<double>::quiet_NaN()).is_null());
  EXPECT_TRUE(number_or_null(-std::numeric_limits<double>::infinity()).is_null());
  EXPECT_EQ(number_or_null(0.5), Json(0.5));
}

TEST(Json, BrokenTextIsADataErrorThatNamesTheFile) {
  const test::TemporaryFolder folder;
  write_file(folder / "d.json", "{\"a\": ");
  try {
    read_json(folder / "d.json");
    FAIL() << "must throw";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("d.json"), std::string::npos);
  }
}

TEST(Json, InvalidUtf8IsReplacedInsteadOfThrowing) {
  EXPECT_NE(to_text(Json("a\xFF")).find("a\xEF\xBF\xBD"), std::string::npos);
}

}  // namespace
}  // namespace mirrortune
