#include "dataset/digits.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <span>

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "dataset/check.h"
#include "dataset/dataset_support.h"

namespace mirrortune {
namespace {

using test::error_of;
using test::TemporaryFolder;

constexpr std::array kFiles = {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
                               "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"};

std::vector<std::uint8_t> grey_of(const Pixels& pixels, std::size_t image) {
  constexpr std::size_t kBytes = std::size_t{kDigitSide} * kDigitSide;
  const auto begin = pixels.values.begin() + static_cast<std::ptrdiff_t>(3 * kBytes * image);
  return {begin, begin + kBytes};
}

Pixels decode_all(const DataOptions& data) {
  const ImageIndex index = index_images(data, 10);
  std::vector<std::int64_t> rows(index.images.size());
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return decode_images(index, rows, data);
}

DataOptions options_of(const std::filesystem::path& images) {
  return {.root = images, .resolution = kDigitSide, .crop_ratio = 1.0};
}

TEST(Digits, ArePureFunctionsOfSeedAndIndex) {
  EXPECT_EQ(draw_digit(3, 5), draw_digit(3, 5));
  EXPECT_NE(draw_digit(3, 5), draw_digit(4, 5));
  EXPECT_NE(draw_digit(3, 5), draw_digit(3, 15));
}

TEST(Digits, AreWhiteOnBlackAndNoTwoAreTheSame) {
  std::set<std::string> seen;
  for (std::int64_t i = 0; i < 500; ++i) {
    const std::vector<std::uint8_t> digit = draw_digit(1, i);
    ASSERT_EQ(digit.size(), 28U * 28);
    EXPECT_GE(*std::max_element(digit.begin(), digit.end()), 150) << i;
    const auto ink = std::count_if(digit.begin(), digit.end(), [](int value) { return value > 100; });
    EXPECT_GE(ink, 20) << i;
    EXPECT_LE(ink, 28 * 28 / 2) << i;
    const auto edge = std::max({digit[0], digit[27], digit[27 * 28], digit[28 * 28 - 1]});
    EXPECT_LE(edge, 60) << i;
    EXPECT_TRUE(seen.insert(sha256_hex(std::as_bytes(std::span(digit)))).second) << i;
  }
}

TEST(Digits, AreWrittenAsTheFourFilesOfMnist) {
  const TemporaryFolder folder;
  write_synth_digits(folder / "digits", {.count = 120, .seed = 7});
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "digits")) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(kFiles));
  const std::vector<std::pair<std::string, std::size_t>> parts = {{"train", 120}, {"t10k", 20}};
  std::int64_t i = 0;
  for (const auto& [name, count] : parts) {
    const DataOptions data = options_of(folder / "digits" / (name + "-images-idx3-ubyte.gz"));
    EXPECT_TRUE(check_data(data, 10).ok());
    const Pixels pixels = decode_all(data);
    ASSERT_EQ(pixels.labels.size(), count);
    for (std::size_t row = 0; row < count; ++row, ++i) {
      EXPECT_EQ(pixels.labels[row], i % 10);
      EXPECT_EQ(grey_of(pixels, row), draw_digit(7, i));
    }
    for (std::int64_t label = 0; label < 10; ++label) {
      EXPECT_EQ(std::count(pixels.labels.begin(), pixels.labels.end(), label), count / 10);
    }
  }
}

TEST(Digits, RepeatByteForByteOnAnyNumberOfThreadsAndDifferBySeed) {
  const TemporaryFolder folder;
  write_synth_digits(folder / "one", {.count = 50, .seed = 2}, {.threads = 1});
  write_synth_digits(folder / "four", {.count = 50, .seed = 2}, {.threads = 4});
  write_synth_digits(folder / "other", {.count = 50, .seed = 3});
  for (const std::string name : kFiles) {
    const std::string bytes = read_text_file(folder / "one" / name);
    EXPECT_EQ(bytes, read_text_file(folder / "four" / name));
    EXPECT_EQ(bytes.substr(4, 4), std::string(4, '\0')) << "no time in " << name;
    const bool labels = name.find("labels") != std::string::npos;
    EXPECT_EQ(bytes == read_text_file(folder / "other" / name), labels) << name;
  }
}

TEST(Digits, OneIsEnough) {
  const TemporaryFolder folder;
  write_synth_digits(folder / "digits", {.count = 1, .seed = 2});
  EXPECT_EQ(decode_all(options_of(folder / "digits/train-images-idx3-ubyte.gz")).count, 1);
  EXPECT_EQ(decode_all(options_of(folder / "digits/t10k-images-idx3-ubyte.gz")).labels[0], 1);
}

TEST(Digits, AppearWholeOrNotAtAll) {
  const TemporaryFolder folder;
  const DecodeControl stopped{.threads = 1, .progress = {}, .stop = [] { return true; }};
  EXPECT_THROW(write_synth_digits(folder / "digits", {.count = 10}, stopped), StoppedError);
  EXPECT_THAT(error_of<UsageError>([&] { write_synth_digits(folder / "digits", {.count = 10'000'001}); }),
              testing::HasSubstr("limit of 10 million"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_THROW(write_synth_digits(folder.path(), {.count = 10}), ExistsError);
}

}  // namespace
}  // namespace mirrortune
