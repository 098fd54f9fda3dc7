#include <fstream>
#include <numeric>
#include <span>

#include <sys/stat.h>

#include <gmock/gmock.h>

#include "base/md5.h"
#include "base/sha256.h"
#include "dataset/cache.h"
#include "dataset/check.h"
#include "dataset/idx_support.h"
#include "dataset/image_index.h"
#include "dataset/pixels.h"
#include "dataset/subset.h"

namespace mirrortune {
namespace {

using test::error_of;
using test::idx_bytes;
using test::write_gzip;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kCount = 12;
constexpr std::uint32_t kHeight = 4;
constexpr std::uint32_t kWidth = 4;
constexpr std::size_t kImageBytes = kHeight * kWidth;

/// 12 images of 4×4 with the labels 0 … 4 under MNIST's names.
class IdxFiles : public testing::Test {
 protected:
  IdxFiles() {
    write_file(root_, images_);
    write_file(labels_path_, labels_);
  }

  std::string refusal(const DataOptions& data) const {
    return error_of<DataError>([&] { index_images(data, 0); });
  }
  Pixels decode(const ImageIndex& index, const DataOptions& data) const {
    std::vector<std::int64_t> rows(index.images.size());
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    return decode_images(index, rows, data);
  }
  /// The bytes of an image three times: red, green, blue.
  std::vector<std::uint8_t> planes(std::size_t row) const {
    const std::string grey = values_.substr(row * kImageBytes, kImageBytes);
    const std::string all = grey + grey + grey;
    return {all.begin(), all.end()};
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_ / "t10k-images-idx3-ubyte";
  const std::filesystem::path labels_path_ = folder_ / "t10k-labels-idx1-ubyte";
  const std::string values_ = test::varied_values(kCount * kImageBytes);
  const std::string images_ = idx_bytes({kCount, kHeight, kWidth}, values_);
  const std::string labels_ = idx_bytes({kCount}, std::string("\4\0\1\2\3\4\0\1\2\3\4\0", kCount));
  DataOptions data_ = {.root = root_, .resolution = kWidth, .crop_ratio = 1.0};
};

TEST_F(IdxFiles, AreIndexedByTheirRowsAndHashedOneByOne) {
  const ImageIndex index = index_images(data_, 0);
  EXPECT_EQ(index.layout, kLayoutIdx);
  EXPECT_EQ(index.root, root_);
  EXPECT_THAT(index.classes, ElementsAre("0", "1", "2", "3", "4"));
  ASSERT_EQ(index.images.size(), kCount);
  EXPECT_EQ(index.images[0].path, "00");
  EXPECT_EQ(index.images[11].path, "11");
  EXPECT_EQ(index.images[0].label, 4);
  EXPECT_EQ(index.images[10].label, 4);
  EXPECT_EQ(index.images[7].sha256, sha256_hex(values_.substr(7 * kImageBytes, kImageBytes)));
  EXPECT_EQ(index_images(data_, 10).classes.size(), 10U);
}

TEST_F(IdxFiles, GiveTheirBytesInAllThreeChannels) {
  const ImageIndex index = index_images(data_, 0);
  for (const Preprocessing kind : {Preprocessing::ffcv, Preprocessing::torchvision}) {
    data_.preprocessing = kind;
    const std::vector<std::int64_t> rows = {11, 3};
    const Pixels pixels = decode_images(index, rows, data_);
    std::vector<std::uint8_t> expected = planes(11);
    const auto second = planes(3);
    expected.insert(expected.end(), second.begin(), second.end());
    EXPECT_EQ(pixels.values, expected);
    EXPECT_THAT(pixels.labels, ElementsAre(0, 2));
  }
}

TEST_F(IdxFiles, APartOfAnIndexKeepsItsImages) {
  ImageIndex part = index_images(data_, 0);
  part.images.erase(part.images.begin(), part.images.begin() + 5);
  const std::vector<std::int64_t> first = {0};
  EXPECT_EQ(decode_images(part, first, data_).values, planes(5));
}

TEST_F(IdxFiles, PackedByGzipAreTheSame) {
  const ImageIndex plain = index_images(data_, 0);
  write_gzip(folder_ / "packed-images.idx3-ubyte.gz", images_);
  write_gzip(folder_ / "packed-labels.idx1-ubyte.gz", labels_);
  data_.root = folder_ / "packed-images.idx3-ubyte.gz";
  const ImageIndex packed = index_images(data_, 0);
  EXPECT_EQ(decode(packed, data_).values, decode(plain, data_).values);
  EXPECT_EQ(decode(packed, data_).labels, decode(plain, data_).labels);
}

TEST_F(IdxFiles, GzipMembersFollowEachOther) {
  const std::filesystem::path root = folder_ / "train-images-idx3-ubyte.gz";
  write_gzip(root, images_.substr(0, 50));
  write_gzip(root, images_.substr(50), "ab");
  data_.root = root;
  data_.labels = labels_path_;
  EXPECT_EQ(decode(index_images(data_, 0), data_).values.size(), 3 * values_.size());
}

TEST_F(IdxFiles, LabelsAreFoundWhateverTheirCompressionAndTheSameOneFirst) {
  const std::filesystem::path packed_labels = folder_ / "t10k-labels-idx1-ubyte.gz";
  write_gzip(packed_labels, idx_bytes({kCount}, std::string(kCount, '\6')));
  EXPECT_EQ(index_images(data_, 0).images[0].label, 4);
  std::filesystem::remove(labels_path_);
  EXPECT_EQ(index_images(data_, 0).images[0].label, 6);
  std::filesystem::remove(packed_labels);
  EXPECT_THAT(error_of<MissingError>([&] { index_images(data_, 0); }),
              AllOf(HasSubstr("neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz"),
                    HasSubstr("data.labels")));
}

TEST_F(IdxFiles, LabelsMayBeGiven) {
  data_.root = folder_ / "pictures";
  std::filesystem::rename(root_, data_.root);
  EXPECT_THAT(refusal(data_), AllOf(HasSubstr("no 'images' in it"), HasSubstr("data.labels")));
  data_.labels = labels_path_;
  EXPECT_EQ(index_images(data_, 0).images.size(), kCount);
  data_.labels = folder_ / "nowhere";
  EXPECT_THAT(error_of<MissingError>([&] { index_images(data_, 0); }), HasSubstr("nowhere"));
}

TEST_F(IdxFiles, LabelsAreClassesOfTheNetworkAndTheClassOrder) {
  EXPECT_THAT(error_of<DataError>([&] { index_images(data_, 4); }), HasSubstr("the label 4 is outside"));
  write_file(folder_ / "order.txt", "zero\none\ntwo\nthree\nfour\n");
  data_.class_order = folder_ / "order.txt";
  EXPECT_EQ(index_images(data_, 5).classes[4], "four");
}

TEST_F(IdxFiles, TheirMd5IsCheckedWhereItIsGiven) {
  const std::string images = md5_of_file(root_), labels = md5_of_file(labels_path_);
  data_.md5 = {images, labels};
  EXPECT_EQ(index_images(data_, 0).images.size(), kCount);
  data_.md5 = {labels, images};
  EXPECT_THAT(refusal(data_), AllOf(HasSubstr(root_.string() + ": its MD5 is " + images), HasSubstr(labels)));
  data_.md5 = {images, images};
  EXPECT_THAT(refusal(data_), HasSubstr(labels_path_.string() + ": its MD5 is " + labels));
  data_.md5 = {images};
  EXPECT_THAT(refusal(data_), HasSubstr("data.md5 has 1 values"));
}

TEST_F(IdxFiles, AnMd5IsRefusedForEverythingElse) {
  test::write_image(folder_ / "folder/cat/1.png");
  const DataOptions folder{.root = folder_ / "folder", .md5 = {"a", "b"}};
  EXPECT_THAT(refusal(folder), HasSubstr("data.md5"));
  EXPECT_THAT(error_of<DataError>([&] { check_data(folder, 0); }), HasSubstr("data.md5"));
  EXPECT_THROW(index_images({.root = folder_ / "nowhere", .md5 = {"a", "b"}}, 0), MissingError);
}

TEST_F(IdxFiles, CheckFindsNothingWrong) {
  const DataReport report = check_data(data_, 0);
  EXPECT_EQ(report.layout, "idx");
  EXPECT_EQ(report.images, kCount);
  EXPECT_EQ(report.classes, 5);
  EXPECT_EQ(report.ignored, 0);
  EXPECT_TRUE(report.ok());
}

TEST_F(IdxFiles, CheckListsTheSameImageWithTwoLabels) {
  std::string values = values_;
  values.replace(9 * kImageBytes, kImageBytes, values, 2 * kImageBytes, kImageBytes);
  write_file(root_, idx_bytes({kCount, kHeight, kWidth}, values));
  const DataReport report = check_data(data_, 0);
  ASSERT_EQ(report.mislabelled.size(), 1U);
  EXPECT_EQ(report.mislabelled[0].path, "09");
  EXPECT_THAT(report.mislabelled[0].why, HasSubstr("but 02, the same image, has 1"));
}

TEST_F(IdxFiles, ACacheOfThemGivesTheSamePixelsLabelsAndTable) {
  const ImageIndex index = index_images(data_, 0);
  pack_images(index, data_, folder_ / "cache");
  DataOptions cached = data_;
  cached.root = folder_ / "cache";
  const ImageIndex again = index_images(cached, 0);
  EXPECT_EQ(decode(again, cached).values, decode(index, data_).values);
  EXPECT_EQ(decode(again, cached).labels, decode(index, data_).labels);
  const Subset some = {.images = {1, 7}};
  const CsvTable table = subset_table(index, some);
  EXPECT_EQ(subset_table(again, some).to_text(), table.to_text());
  EXPECT_THAT(table.rows()[1], ElementsAre("7", "07", "1", index.images[7].sha256));
}

TEST_F(IdxFiles, NeitherAFifoNorADeviceIsRead) {
  const std::filesystem::path fifo = folder_ / "images";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const std::filesystem::path& root : {fifo, std::filesystem::path("/dev/zero")}) {
    EXPECT_THAT(error_of<Error>([&] { index_images({.root = root}, 0); }), HasSubstr("Not a directory"));
  }
  EXPECT_THAT(refusal({.root = root_, .labels = fifo}), HasSubstr("not a regular file"));
}

/// Content of the images' or labels' file that must be refused.
struct BadIdx {
  const char* name;
  std::string images;
  std::string labels;
  std::vector<std::string> words;  ///< each must stand in the sentence
};

void PrintTo(const BadIdx& bad, std::ostream* out) { *out << bad.name; }

const std::string kGoodImages = idx_bytes({2, 2, 2}, "abcdefgh");
const std::string kGoodLabels = idx_bytes({2}, std::string("\0\1", 2));

class EveryBadIdx : public testing::TestWithParam<BadIdx> {};

TEST_P(EveryBadIdx, IsRefusedInOneSentenceAlsoWhenItIsPacked) {
  const test::TemporaryFolder folder;
  for (const bool packed : {false, true}) {
    const std::string end = packed ? ".gz" : "";
    const DataOptions data{.root = folder / ("images" + end)};
    const auto write = [&](const std::string& name, const std::string& bytes) {
      packed ? write_gzip(folder / name, bytes) : write_file(folder / name, bytes);
    };
    write("images" + end, GetParam().images);
    write("labels" + end, GetParam().labels);
    const std::string sentence = error_of<DataError>([&] { index_images(data, 0); });
    for (const std::string& words : GetParam().words) EXPECT_THAT(sentence, HasSubstr(words));
    EXPECT_EQ(error_of<DataError>([&] { check_data(data, 0); }), sentence);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, EveryBadIdx,
    testing::Values(
        BadIdx{"empty", "", kGoodLabels, {"images", "it is empty"}},
        BadIdx{"a picture", "\x89PNG\r\n", kGoodLabels, {"it is not an IDX file: it begins with '\\x89PNG'"}},
        BadIdx{"two zeros", std::string(2, '\0'), kGoodLabels, {"it is not an IDX file"}},
        BadIdx{"floats", idx_bytes({2, 2, 2}, "abcdefgh", 0x0D), kGoodLabels, {"type 13", "unsigned bytes"}},
        BadIdx{"labels for images", kGoodLabels, kGoodLabels, {"1 dimensions instead of 3"}},
        BadIdx{"images for labels", kGoodImages, kGoodImages, {"labels", "3 dimensions instead of 1"}},
        BadIdx{"255 dimensions", std::string("\0\0\x08\xFF", 4), kGoodLabels, {"255 dimensions"}},
        BadIdx{"half a header", kGoodImages.substr(0, 9), kGoodLabels, {"inside its header"}},
        BadIdx{"no image", idx_bytes({0, 28, 28}, ""), kGoodLabels, {"0×28×28", "holds nothing"}},
        BadIdx{"images without a pixel", idx_bytes({2, 0, 2}, ""), kGoodLabels, {"2×0×2"}},
        BadIdx{"truncated", kGoodImages.substr(0, 20), kGoodLabels, {"promises 8 bytes, but 4 follow"}},
        BadIdx{"too long", kGoodImages + "i", kGoodLabels, {"goes on after the 8 bytes"}},
        BadIdx{"more promised than there is",
               idx_bytes({1'000'000, 28, 28}, "abc"),
               kGoodLabels,
               {"promises 784000000 bytes, but 3 follow"}},
        BadIdx{"more than any disk",
               idx_bytes({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "abc"),
               kGoodLabels,
               {"4294967295×4294967295×4294967295 bytes, more than the limit"}},
        BadIdx{"long images", idx_bytes({1, 1, 65'501}, std::string(65'501, 'x')), kGoodLabels, {"65501×1"}},
        BadIdx{"too many images",
               idx_bytes({10'000'001, 1, 1}, std::string(10'000'001, 'x')),
               kGoodLabels,
               {"limit of 10 million"}},
        BadIdx{"another number of labels", kGoodImages, idx_bytes({3}, "\1\1\1"), {"2 images", "3 labels"}},
        BadIdx{"truncated labels", kGoodImages, idx_bytes({2}, "\1"), {"labels", "promises 2 bytes"}}));

TEST(PackedIdx, CorruptGzipDataIsRefused) {
  const test::TemporaryFolder folder;
  const DataOptions data{.root = folder / "images.gz"};
  write_gzip(folder / "labels", kGoodLabels);
  write_gzip(data.root, kGoodImages);
  const std::string good = read_text_file(data.root);
  std::string other_crc = good, other_length = good;
  other_crc[good.size() - 8] ^= 1;
  other_length[good.size() - 4] ^= 1;
  const std::vector<std::pair<std::string, std::string>> damages = {
      {other_crc, "corrupt (incorrect data check)"},
      {other_length, "corrupt (incorrect length check)"},
      {good.substr(0, good.size() - 5), "ends too early"},
      {good.substr(0, 12), "ends too early"},
      {good.substr(0, 2), "ends too early"},
      {good + "garbage", "other bytes follow"},
      {good + std::string(512, '\0'), "other bytes follow"},
      {good.substr(0, 10) + "no deflate data", "corrupt"},
  };
  for (const auto& [bytes, words] : damages) {
    write_file(data.root, bytes);
    EXPECT_THAT(error_of<DataError>([&] { index_images(data, 0); }), HasSubstr(words));
  }
}

/// A gibibyte and more in a megabyte.
TEST(PackedIdx, WhatUnpacksToTooMuchIsRefusedByItsHeader) {
  const test::TemporaryFolder folder;
  write_gzip(folder / "labels", kGoodLabels);
  const DataOptions data{.root = folder / "images.gz"};
  write_gzip(data.root, idx_bytes({2'000'000, 28, 28}, std::string(1000, '\0')));
  EXPECT_THAT(error_of<DataError>([&] { index_images(data, 0); }),
              AllOf(HasSubstr("limit of 1 GiB for packed files"), HasSubstr("gunzip")));
}

TEST(HostileIdx, EveryChangedByteAndEveryCutIsReadOrRefused) {
  const test::TemporaryFolder folder;
  const DataOptions data{.root = folder / "images", .resolution = 2, .crop_ratio = 1.0};
  write_file(folder / "labels", kGoodLabels);
  write_gzip(folder / "packed", kGoodImages);
  for (const std::string& good : {kGoodImages, read_text_file(folder / "packed")}) {
    const auto try_bytes = [&](const std::string& bytes) {
      std::filesystem::remove(data.root);
      std::ofstream(data.root, std::ios::binary) << bytes;
      try {
        EXPECT_EQ(index_images(data, 0).images.size(), 2U);
      } catch (const DataError&) {
      }
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
      try_bytes(good.substr(0, i));
      for (const int mask : {1, 0x80, 0xFF}) {
        std::string changed = good;
        changed[i] = static_cast<char>(changed[i] ^ mask);
        try_bytes(changed);
      }
    }
  }
}

}  // namespace
}  // namespace mirrortune
