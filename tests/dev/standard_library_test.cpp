#include <cstdint>
#include <filesystem>
#include <string>

#include <dlfcn.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mirrortune {
namespace {

std::string library_of(const void* function) {
  Dl_info info{};
  return dladdr(function, &info) != 0 ? info.dli_fname : "";
}

// LibTorch's libraries hold and export parts of another compiler's standard library: those of 2.11 with CUDA
// call a function there that is absent, and the program dies.
TEST(StandardLibrary, IsTheSystemsAndNotPartOfLibTorchs) {
  using Path = std::filesystem::path;
  std::uintmax_t (*const remove_all)(const Path&, std::error_code&) = &std::filesystem::remove_all;
  bool (*const create_directories)(const Path&, std::error_code&) = &std::filesystem::create_directories;
  EXPECT_THAT(library_of(reinterpret_cast<const void*>(remove_all)), testing::HasSubstr("libstdc++"));
  EXPECT_THAT(library_of(reinterpret_cast<const void*>(create_directories)), testing::HasSubstr("libstdc++"));
}

}  // namespace
}  // namespace mirrortune
