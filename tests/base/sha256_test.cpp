#include "base/sha256.h"

#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256_hex(std::string_view("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string_view("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfAFileIsThatOfItsBytesWhateverItsSize) {
  const test::TemporaryFolder folder;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20, (std::size_t{1} << 20) + 17}) {
    const std::string text(size, 'x');
    write_file(folder / "a.bin", text);
    EXPECT_EQ(sha256_of_file(folder / "a.bin"), sha256_hex(text)) << size;
  }
}

}  // namespace
}  // namespace mirrortune
