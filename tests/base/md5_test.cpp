#include "base/md5.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

TEST(Md5, GivesThePublishedDigests) {
  const test::TemporaryFolder folder;
  write_file(folder / "empty", "");
  EXPECT_EQ(md5_of_file(folder / "empty"), "d41d8cd98f00b204e9800998ecf8427e");
  write_file(folder / "abc", "abc");
  EXPECT_EQ(md5_of_file(folder / "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_THROW(md5_of_file(folder / "absent"), MissingError);
}

}  // namespace
}  // namespace mirrortune
