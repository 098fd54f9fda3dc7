#include "base/npy.h"

#include <array>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>

#include "base/error.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

using test::TemporaryFolder;

/// What numpy 1.x and 2.x write before the data for this dictionary.
std::string numpy_file(std::string dictionary, const std::string& data) {
  while ((10 + dictionary.size() + 1) % 64 != 0) dictionary += ' ';
  dictionary += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dictionary.size());
  file += '\0';
  return file + dictionary + data;
}

TEST(Npy, TheHeaderIsByteForByteWhatNumpyWrites) {
  const std::array<std::int64_t, 1> one = {3};
  EXPECT_EQ(npy_header(NpyType::i8, one),
            numpy_file("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", ""));
  const std::array<std::int64_t, 4> four = {2, 3, 5, 7};
  EXPECT_EQ(npy_header(NpyType::u1, four),
            numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 5, 7), }", ""));
  EXPECT_EQ(npy_header(NpyType::f8, {}),
            numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", ""));
}

TEST(Npy, AnArrayReadsBackWithItsBits) {
  const TemporaryFolder folder;
  const std::array<std::int64_t, 2> shape = {2, 3};
  const std::array<double, 6> values = {
      0.1, -0.0, std::numeric_limits<double>::quiet_NaN(), 1e-310, std::numeric_limits<double>::infinity(),
      17};
  write_npy(folder / "a.npy", shape, std::span<const double>(values));
  const NpyFile file(folder / "a.npy");
  EXPECT_EQ(file.type(), NpyType::f8);
  EXPECT_EQ(file.shape(), (std::vector<std::int64_t>{2, 3}));
  std::array<double, 6> back{};
  file.read(0, std::as_writable_bytes(std::span(back)));
  EXPECT_EQ(std::memcmp(back.data(), values.data(), sizeof(values)), 0);
  std::array<double, 1> last{};
  file.read(5 * sizeof(double), std::as_writable_bytes(std::span(last)));
  EXPECT_EQ(last[0], 17);
}

TEST(Npy, AnEmptyArrayIsFine) {
  const TemporaryFolder folder;
  const std::array<std::int64_t, 2> shape = {0, 4};
  write_npy(folder / "a.npy", shape, std::span<const std::int64_t>());
  EXPECT_EQ(NpyFile(folder / "a.npy").elements(), 0);
}

TEST(Npy, AHeaderInAnotherOrderOfKeysIsRead) {
  const TemporaryFolder folder;
  write_file(folder / "a.npy", numpy_file("{'shape': (3,), 'fortran_order': False, 'descr': '|u1'}", "abc"));
  EXPECT_EQ(NpyFile(folder / "a.npy").elements(), 3);
}

TEST(Npy, WhatIsNotAnArrayOfOursIsRefusedByName) {
  const TemporaryFolder folder;
  const std::string good = numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "abc");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "too short"},
      {"no array at all", "not a .npy file"},
      {good.substr(0, 40), "header"},
      {good.substr(0, good.size() - 1), "2 bytes of data"},
      {good + "d", "4 bytes of data"},
      {numpy_file("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "abc"), "element type"},
      {numpy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (3,), }", "abc"), "C order"},
      {numpy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (-3,), }", "abc"), "valid shape"},
      {numpy_file("{'descr': '|u1', 'fortran_order': False, }", "abc"), "valid shape"},
      {numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", ""),
       "4294967296"},
  };
  for (const auto& [content, words] : cases) {
    write_file(folder / "bad.npy", content);
    try {
      const NpyFile file(folder / "bad.npy");
      ADD_FAILURE() << "accepted, though: " << words;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr(words), testing::HasSubstr("bad.npy")));
    }
  }
}

}  // namespace
}  // namespace mirrortune
