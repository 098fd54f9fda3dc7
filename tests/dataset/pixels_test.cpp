#include "dataset/pixels.h"

#include <atomic>
#include <ctime>
#include <numeric>

#include <gmock/gmock.h>

#include "base/text.h"
#include "dataset/cache.h"
#include "dataset/check.h"
#include "dataset/idx_support.h"
#include "dataset/preprocess.h"
#include "dataset/subset.h"
#include "dataset/synth.h"

namespace mirrortune {
namespace {

using test::error_of;
using test::TemporaryFolder;
using test::write_image;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::int64_t> all_rows(const ImageIndex& index) {
  std::vector<std::int64_t> rows(index.images.size());
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

/// 40 made-up images as an ImageFolder.
class MadeUpImages : public testing::Test {
 protected:
  MadeUpImages() {
    write_synth(root_, {.count = 40, .seed = 1});
    data_ = {.root = root_, .resolution = 32, .crop_ratio = 1.0};
  }

  const TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_ / "images";
  DataOptions data_;
};

TEST_F(MadeUpImages, ArriveInTheOrderAskedForOnAnyNumberOfThreads) {
  const ImageIndex index = index_images(data_, 16);
  const std::vector<std::int64_t> rows = {39, 0, 7, 7, 20};
  const Pixels one = decode_images(index, rows, data_, {.threads = 1});
  const Pixels eight = decode_images(index, rows, data_, {.threads = 8});
  EXPECT_EQ(one.count, 5);
  EXPECT_EQ(one.values.size(), 5U * 3 * 32 * 32);
  EXPECT_EQ(one.values, eight.values);
  EXPECT_EQ(one.labels, eight.labels);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(one.labels[i], index.images[static_cast<std::size_t>(rows[i])].label);
    const Pixels alone = decode_images(index, std::span(rows).subspan(i, 1), data_);
    EXPECT_TRUE(std::equal(alone.values.begin(), alone.values.end(),
                           one.values.begin() + static_cast<std::ptrdiff_t>(i * alone.values.size())));
  }
}

TEST_F(MadeUpImages, TheFirstBrokenImageIsNamedWhateverTheThreads) {
  const ImageIndex index = index_images(data_, 16);
  for (const std::size_t row : {9U, 12U, 30U}) write_file(root_ / index.images[row].path, "no image");
  for (const int threads : {1, 2, 8}) {
    const std::string sentence =
        error_of<DataError>([&] { decode_images(index, all_rows(index), data_, {.threads = threads}); });
    EXPECT_THAT(sentence, HasSubstr(index.images[9].path));
  }
}

TEST_F(MadeUpImages, AStopEndsTheDecoding) {
  const ImageIndex index = index_images(data_, 16);
  std::atomic<int> asked = 0;
  const DecodeControl control{.threads = 2, .progress = {}, .stop = [&] { return ++asked > 10; }};
  EXPECT_THROW(decode_images(index, all_rows(index), data_, control), StoppedError);
  EXPECT_LT(asked, 14);
}

TEST_F(MadeUpImages, ProgressEndsAtAll) {
  const ImageIndex index = index_images(data_, 16);
  std::int64_t last = 0;
  const DecodeControl control{.threads = 2, .progress = [&](std::int64_t done, std::int64_t all) {
                                EXPECT_EQ(all, 40);
                                last = done;
                              }};
  decode_images(index, all_rows(index), data_, control);
  EXPECT_EQ(last, 40);
}

TEST_F(MadeUpImages, ACacheGivesTheSamePixelsAndLabels) {
  const ImageIndex index = index_images(data_, 16);
  pack_images(index, data_, folder_ / "cache");
  DataOptions cached = data_;
  cached.root = folder_ / "cache";
  const ImageIndex again = index_images(cached, 16);
  EXPECT_EQ(again.layout, kLayoutCache);
  EXPECT_EQ(again.classes, index.classes);
  const std::vector<std::int64_t> rows = {39, 0, 7, 7, 20};
  const Pixels fresh = decode_images(index, rows, data_);
  const Pixels packed = decode_images(again, rows, cached);
  EXPECT_EQ(fresh.values, packed.values);
  EXPECT_EQ(fresh.labels, packed.labels);
  EXPECT_EQ(subset_table(index, {.images = rows}).to_text(), subset_table(again, {.images = rows}).to_text());
  EXPECT_TRUE(check_data(cached, 0).ok());
}

TEST_F(MadeUpImages, ACacheOfAnotherPreprocessingIsAnErrorThatNamesBoth) {
  pack_images(index_images(data_, 16), data_, folder_ / "cache");
  DataOptions cached = data_;
  cached.root = folder_ / "cache";
  const ImageIndex index = index_images(cached, 16);
  const auto refusal = [&] {
    return error_of<DataError>([&] { decode_images(index, all_rows(index), cached); });
  };
  cached.resolution = 64;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("ffcv, resolution 32, crop_ratio 1,"), HasSubstr("resolution 64")));
  cached.resolution = 32;
  cached.crop_ratio = 0.875;
  EXPECT_THAT(refusal(), HasSubstr("crop_ratio 0.875"));
  cached.crop_ratio = 1;
  cached.preprocessing = Preprocessing::torchvision;
  EXPECT_THAT(refusal(), HasSubstr("torchvision"));
}

TEST_F(MadeUpImages, LabelsForACacheAreRefusedAsItHoldsItsOwn) {
  pack_images(index_images(data_, 16), data_, folder_ / "cache");
  const DataOptions cached{.root = folder_ / "cache", .labels = "labels.csv"};
  EXPECT_THAT(error_of<DataError>([&] { index_images(cached, 16); }), HasSubstr("data.labels"));
}

TEST_F(MadeUpImages, ACacheOfAPartOfTheClassesFitsANetworkThatOrdersThem) {
  pack_images(index_images(data_, 16), data_, folder_ / "cache");
  write_file(folder_ / "order.txt", "nothing\n" + join({kSynthClasses.rbegin(), kSynthClasses.rend()}, "\n"));
  const DataOptions cached{.root = folder_ / "cache", .class_order = folder_ / "order.txt"};
  const ImageIndex index = index_images(cached, 17);
  for (const ImageEntry& image : index.images) {
    EXPECT_TRUE(image.path.starts_with(index.classes[static_cast<std::size_t>(image.label)] + "/"));
  }
  EXPECT_THAT(error_of<DataError>([&] { index_images({.root = folder_ / "cache"}, 17); }), HasSubstr("17"));
}

TEST_F(MadeUpImages, AnIncompleteCacheIsRefusedByTheFileThatIsWrong) {
  const ImageIndex index = index_images(data_, 16);
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"labels.npy", "labels.npy"},
      {"images.npy", "images.npy"},
      {"preprocessing.json", "preprocessing.json"},
      {"index.csv", "no column"},
  };
  for (const auto& [file, words] : damages) {
    const std::filesystem::path cache = folder_ / ("cache_" + file);
    pack_images(index, data_, cache);
    const std::string content = read_text_file(cache / file);
    write_file(cache / file, file == "index.csv" ? "a,b\n1,2\n" : content.substr(0, content.size() - 9));
    EXPECT_THAT(error_of<DataError>([&] { index_images({.root = cache}, 16); }), HasSubstr(words));
  }
}

TEST_F(MadeUpImages, AnOutputThatIsThereIsNeverOverwritten) {
  std::filesystem::create_directory(folder_ / "there");
  EXPECT_THROW(pack_images(index_images(data_, 16), data_, folder_ / "there"), ExistsError);
  EXPECT_THROW(write_synth(root_, {.count = 1}), ExistsError);
}

TEST_F(MadeUpImages, AFailedPackLeavesNothing) {
  const ImageIndex index = index_images(data_, 16);
  write_file(root_ / index.images[30].path, "no image");
  EXPECT_THROW(pack_images(index, data_, folder_ / "cache"), DataError);
  EXPECT_THAT(std::vector<std::filesystem::path>(std::filesystem::directory_iterator(folder_.path()), {}),
              ElementsAre(root_));
}

TEST_F(MadeUpImages, CheckListsAllThatIsUnreadable) {
  EXPECT_TRUE(check_data(data_, 16).ok());
  const ImageIndex index = index_images(data_, 16);
  const std::filesystem::path cut = root_ / index.images[3].path;
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
  write_file(root_ / index.images[17].path, "no image");
  const DataReport report = check_data(data_, 16);
  EXPECT_EQ(report.images, 40);
  EXPECT_EQ(report.classes, 16);
  ASSERT_EQ(report.unreadable.size(), 2U);
  EXPECT_EQ(report.unreadable[0].path, index.images[3].path);
  EXPECT_THAT(report.unreadable[0].why, HasSubstr("Premature end"));
  EXPECT_EQ(report.unreadable[1].path, index.images[17].path);
}

/// Also where they have the right size and are only copied.
TEST(IdxImages, AreCroppedAndResizedAsAnyImage) {
  const TemporaryFolder folder;
  const std::string values = test::varied_values(28 * 28);
  write_file(folder / "images", test::idx_bytes({1, 28, 28}, values));
  write_file(folder / "labels", test::idx_bytes({1}, "\1"));
  RgbImage image{.width = 28, .height = 28, .values = {}};
  for (const char value : values)
    image.values.insert(image.values.end(), 3, static_cast<std::uint8_t>(value));
  for (const Preprocessing kind : {Preprocessing::ffcv, Preprocessing::torchvision}) {
    for (const auto& [resolution, crop_ratio] : {std::pair(28, 1.0), {28, 0.875}, {32, 1.0}, {16, 0.5}}) {
      const DataOptions data{.root = folder / "images",
                             .resolution = resolution,
                             .preprocessing = kind,
                             .crop_ratio = crop_ratio};
      const std::vector<std::int64_t> first = {0};
      const Pixels pixels = decode_images(index_images(data, 0), first, data);
      std::vector<std::uint8_t> expected(pixels.values.size());
      preprocess(image, data, "image", expected);
      EXPECT_EQ(pixels.values, expected) << resolution << " " << crop_ratio;
    }
  }
}

TEST(CheckData, DoubtfulLabelsAreListed) {
  const TemporaryFolder folder;
  write_image(folder / "n01440764/n01440764_1.png", {1, 2, 3});
  write_image(folder / "n01440764/n01443537_2.png", {4, 5, 6});
  write_image(folder / "n01443537/twin.png", {1, 2, 3});
  const DataReport report = check_data({.root = folder.path()}, 0);
  ASSERT_EQ(report.mislabelled.size(), 2U);
  EXPECT_THAT(report.mislabelled[0].why, HasSubstr("its name says n01443537"));
  EXPECT_THAT(report.mislabelled[1].why, HasSubstr("n01440764/n01440764_1.png, the same image"));
}

TEST(CheckData, LabelledButMissingImagesAreListed) {
  const TemporaryFolder folder;
  write_image(folder / "1.png");
  write_file(folder / "labels.csv", "file,label\n1.png,cat\n2.png,cat\n");
  const DataReport report = check_data({.root = folder.path()}, 0);
  EXPECT_EQ(report.images, 2);
  ASSERT_EQ(report.unreadable.size(), 1U);
  EXPECT_EQ(report.unreadable[0].path, "2.png");
}

TEST(Decoding, FiveThousandRealImagesTakeAtMostTwoSecondsOfTwoCores) {
  MIRRORTUNE_NEEDS_SHARED("data/tiny-imagenet/val");
  const DataOptions data{.root = test::shared("data/tiny-imagenet/val"), .resolution = 64, .crop_ratio = 1.0};
  const ImageIndex index = index_images(data, 200);
  const std::clock_t begin = std::clock();
  const Pixels pixels = decode_images(index, all_rows(index), data);
  const double core_seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_EQ(pixels.count, 5000);
  EXPECT_LE(core_seconds, 2 * 2.0);
}

TEST(Synth, ImagesAreAPureFunctionOfSeedAndIndex) {
  const RgbImage image = draw_synth_image(3, 5);
  EXPECT_EQ(image.width, 64);
  EXPECT_EQ(image.values.size(), 64U * 64 * 3);
  EXPECT_EQ(image.values, draw_synth_image(3, 5).values);
  EXPECT_NE(image.values, draw_synth_image(4, 5).values);
  EXPECT_NE(image.values, draw_synth_image(3, 21).values);
}

TEST(Synth, AShorterDataSetIsTheStartOfALongerOne) {
  const TemporaryFolder folder;
  write_synth(folder / "short", {.count = 20, .seed = 9}, {.threads = 1});
  write_synth(folder / "long", {.count = 35, .seed = 9}, {.threads = 4});
  const ImageIndex index = index_images({.root = folder / "short"}, 16);
  EXPECT_EQ(index.images.size(), 20U);
  for (const ImageEntry& image : index.images) {
    EXPECT_EQ(read_text_file(folder / "short" / image.path), read_text_file(folder / "long" / image.path));
  }
  EXPECT_THAT(index.classes, testing::ElementsAreArray(kSynthClasses));
}

}  // namespace
}  // namespace mirrortune
