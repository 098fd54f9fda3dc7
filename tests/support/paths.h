#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "support/build_paths.h"

namespace mirrortune::test {

/// A file or folder under tests/fixtures; these lie in every clone.
inline std::filesystem::path fixture(const std::string& relative) {
  return std::filesystem::path(kSourceDir) / "tests" / "fixtures" / relative;
}

/// The folder of real images and weights: $MIRRORTUNE_SHARED, or ../shared beside the clone. It may be
/// absent: see MIRRORTUNE_NEEDS_SHARED.
inline std::filesystem::path shared(const std::string& relative = "") {
  const char* root = std::getenv("MIRRORTUNE_SHARED");
  const auto base =
      root ? std::filesystem::path(root) : std::filesystem::path(kSourceDir).parent_path() / "shared";
  return relative.empty() ? base : base / relative;
}

/// A fresh empty folder for one test, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "mirrortune_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace mirrortune::test

/// Skips the test, loudly, on a machine without the shared real data. CI fails on any such skip.
#define MIRRORTUNE_NEEDS_SHARED(relative)                                              \
  if (!std::filesystem::exists(mirrortune::test::shared(relative)))                    \
  GTEST_SKIP() << "needs real data at " << mirrortune::test::shared(relative).string() \
               << "; set MIRRORTUNE_SHARED to its folder"
