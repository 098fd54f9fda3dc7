#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/paths.h"
#include "weights/byte_builder.h"
#include "weights/memory_file.h"

namespace mirrortune::test {

/// Writes `bytes` to a file and expects that reading it all is refused with exit code 65 and these words.
inline void expect_refused(const std::string& bytes, const std::string& words) {
  const TemporaryFolder folder;
  spill(folder / "file.bin", bytes);
  try {
    read_everything(folder / "file.bin");
    ADD_FAILURE() << "was not refused; expected: " << words;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data);
    EXPECT_THAT(error.what(), testing::HasSubstr(words));
    EXPECT_THAT(error.what(), testing::HasSubstr((folder / "file.bin").string()));
  }
}

}  // namespace mirrortune::test
