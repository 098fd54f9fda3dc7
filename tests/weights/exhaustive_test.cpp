// All short pickles, all truncations, all values of all fields.
#include <chrono>
#include <cstring>

#include "base/sha256.h"
#include "base/stream.h"
#include "support/allocations.h"
#include "weights/file_builder.h"
#include "weights/made_files.h"
#include "weights/parse_pickle.h"
#include "weights/pickle_operations.h"

namespace mirrortune {
namespace {

using test::kPickleOperations;
using test::little_endian;
using test::spill;

constexpr std::size_t kMaxAllocation = 64'000'000;

/// "" if the file is refused with exit code 65 or a shard is missing, else a line per tensor with the hash of
/// its bytes.
std::string outcome(const std::filesystem::path& path) {
  std::string lines;
  try {
    const auto file = WeightsFile::open(path);
    for (const auto& tensor : file->tensors()) {
      lines += tensor.name + " " + std::string(torch_name(tensor.dtype)) + shape_text(tensor.shape) + " " +
               sha256_hex(file->read(tensor).bytes) + "\n";
    }
    return lines + "read\n";
  } catch (const MissingError&) {
    return "";  // an index with the changed name of a shard
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data) << error.what();
    return "";
  }
}

/// Feeds every sequence of one to three pieces as a pickle; returns how many there were.
int feed_all_sequences(const std::vector<std::string>& pieces) {
  test::MemoryFile file;
  int files = 0;
  const auto feed = [&](const std::string& body) {
    file.set(test::whole_pickle(body));
    test::parse_pickle(file.path());
    ++files;
  };
  for (const auto& first : pieces) {
    feed(first);
    for (const auto& second : pieces) {
      feed(first + second);
      for (const auto& third : pieces) feed(first + second + third);
    }
  }
  return files;
}

void expect_quick_and_small(const std::vector<std::string>& pieces) {
  const test::AllocationWatch watch;
  const auto start = std::chrono::steady_clock::now();
  const int files = feed_all_sequences(pieces);
  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(files, 68 + 68 * 68 + 68 * 68 * 68);
  EXPECT_LT(passed.count() / files, 1.0) << "ms per file";
  EXPECT_LT(watch.largest(), kMaxAllocation);
}

TEST(EveryPickle, OfUpToThreeOperationsIsReadOrRefusedInUnderAMillisecond) {
  expect_quick_and_small({kPickleOperations.begin(), kPickleOperations.end()});
}

TEST(EveryPickle, OfUpToThreeBareOpcodesIsReadOrRefusedInUnderAMillisecond) {
  std::vector<std::string> opcodes;  // each takes what follows for its argument
  for (const auto operation : kPickleOperations) opcodes.emplace_back(operation.substr(0, 1));
  expect_quick_and_small(opcodes);
}

/// Each format, as a file of its own.
struct Format {
  std::string name;
  std::string (*make)(int tensors);
  int tensors_of_20_kb;
};
void PrintTo(const Format& format, std::ostream* out) { *out << format.name; }

class EveryFormat : public testing::TestWithParam<Format> {};

TEST_P(EveryFormat, IsRefusedWhereverItIsTruncated) {
  const std::string bytes = GetParam().make(GetParam().tensors_of_20_kb);
  ASSERT_NEAR(static_cast<double>(bytes.size()), 20'000, 1'000);
  test::MemoryFile file(bytes);
  ASSERT_NE(outcome(file.path()), "");
  const test::AllocationWatch watch;
  for (std::size_t size = bytes.size(); size-- > 0;) {
    file.resize(size);
    ASSERT_EQ(outcome(file.path()), "") << "cut to " << size << " bytes";
  }
  EXPECT_LT(watch.largest(), kMaxAllocation);
}

/// `value` of `width` bytes and what it is replaced by.
std::vector<std::uint64_t> replacements(std::uint64_t value, std::size_t width) {
  std::vector<std::uint64_t> all = {0, 1, ~0ull, value + 1, value - 1};
  if (width >= 4) all.insert(all.end(), {0x7FFF'FFFF, 0xFFFF'FFFF});
  return all;
}

/// Every number of 2, 4 and 8 bytes at every place, which all fields of all headers are among.
TEST_P(EveryFormat, WithAnyValueInAnyFieldIsRefusedOrReadInBounds) {
  const std::string bytes = GetParam().make(1);
  test::MemoryFile file(bytes);
  const std::string right = outcome(file.path());
  const bool has_checksums = bytes.starts_with("PK");
  const test::AllocationWatch watch;
  for (const std::size_t width : {2, 4, 8}) {
    for (std::size_t at = 0; at + width <= bytes.size(); ++at) {
      std::uint64_t value = 0;
      std::memcpy(&value, bytes.data() + at, width);
      for (const auto replacement : replacements(value, width)) {
        file.set(std::string(bytes).replace(at, width, little_endian(replacement, static_cast<int>(width))));
        const std::string found = outcome(file.path());
        if (has_checksums && found != "") {
          ASSERT_EQ(found, right) << width << " bytes at " << at;
        }
      }
    }
  }
  EXPECT_LT(watch.largest(), kMaxAllocation);
}

TEST_P(EveryFormat, WithAFlippedByteIsRefusedOrRead) {
  const std::string bytes = GetParam().make(20);
  test::MemoryFile file(bytes);
  const std::string right = outcome(file.path());
  const bool has_checksums = bytes.starts_with("PK");
  const test::AllocationWatch watch;
  int refused = 0;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const Stream stream(number, "flip");
    std::string flipped = bytes;
    const auto at = stream.below(0, bytes.size());
    flipped[at] = static_cast<char>(static_cast<std::uint64_t>(flipped[at]) ^ (1 + stream.below(1, 255)));
    file.set(flipped);
    const std::string found = outcome(file.path());
    refused += found == "";
    if (has_checksums && found != "") {
      ASSERT_EQ(found, right) << "byte " << at;
    }
  }
  EXPECT_GT(refused, has_checksums ? 900 : 200);
  EXPECT_LT(watch.largest(), kMaxAllocation);
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryFormat,
                         testing::Values(Format{"Zip", test::made_zip, 51},
                                         Format{"Legacy", test::made_legacy, 64},
                                         Format{"Safetensors", test::made_safetensors, 112}),
                         [](const auto& instance) { return instance.param.name; });

/// Every number in a header, which are text in these formats, replaced by every number that could hurt.
TEST(EveryNumber, OfASafetensorsHeaderIsRefusedUnlessRight) {
  const std::string bytes = test::made_safetensors(2);
  const std::string header = bytes.substr(8, bytes.rfind('}') - 7), data = bytes.substr(8 + header.size());
  test::MemoryFile file(bytes);
  const std::string right = outcome(file.path());
  const test::AllocationWatch watch;
  int numbers = 0;
  for (std::size_t at = header.find_first_of("[,") + 1; at < header.size(); ++at) {
    if (std::isdigit(header[at]) == 0 || (header[at - 1] != '[' && header[at - 1] != ',')) continue;
    const auto end = header.find_first_not_of("0123456789", at);
    const std::string number = header.substr(at, end - at);
    ++numbers;
    for (const std::string value : {"0", "1", "-1", "2147483647", "4294967295", "18446744073709551615",
                                    "18446744073709551616", "1e3", "9223372036854775807"}) {
      file.set(test::safetensors_of(std::string(header).replace(at, number.size(), value), data));
      EXPECT_EQ(outcome(file.path()), value == number ? right : "")
          << number << " at " << at << " as " << value;
    }
  }
  EXPECT_EQ(numbers, 8);
  EXPECT_LT(watch.largest(), kMaxAllocation);
}

class EveryIndex : public testing::Test {
 protected:
  EveryIndex() { spill(folder_ / "s.safetensors", test::made_safetensors(kTensors)); }

  std::string outcome_of(const std::string& index) {
    spill(folder_ / "m.safetensors.index.json", index);
    return outcome(folder_ / "m.safetensors.index.json");
  }

  static constexpr int kTensors = 590;
  test::TemporaryFolder folder_;
  const std::string index_ = test::made_index(kTensors, "s.safetensors");
};

TEST_F(EveryIndex, OfShardsIsRefusedWhereverItIsTruncated) {
  ASSERT_NEAR(static_cast<double>(index_.size()), 20'000, 1'000);
  ASSERT_NE(outcome_of(index_), "");
  const auto path = folder_ / "m.safetensors.index.json";
  for (std::size_t size = index_.size(); size-- > 0;) {
    std::filesystem::resize_file(path, size);
    ASSERT_EQ(outcome(path), "") << "cut to " << size << " bytes";
  }
}

TEST_F(EveryIndex, WithAFlippedByteIsRefusedOrReadWithTheSameBits) {
  const std::string right = outcome_of(index_);
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const Stream stream(number, "flip");
    std::string flipped = index_;
    const auto at = stream.below(0, index_.size());
    flipped[at] = static_cast<char>(static_cast<std::uint64_t>(flipped[at]) ^ (1 + stream.below(1, 255)));
    const std::string found = outcome_of(flipped);
    if (found != "") {
      ASSERT_EQ(found, right) << "byte " << at;
    }
  }
}

}  // namespace
}  // namespace mirrortune
