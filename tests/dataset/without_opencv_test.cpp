#include <numeric>

#include <gmock/gmock.h>

#include "dataset/cache.h"
#include "dataset/check.h"
#include "dataset/digits.h"
#include "dataset/idx_support.h"
#include "dataset/pixels.h"
#include "dataset/preprocess.h"
#include "dataset/synth.h"

namespace mirrortune {
namespace {

using test::TemporaryFolder;
using test::write_gzip;
using testing::ElementsAre;

/// Expects the one sentence of a build without OpenCV, which begins with `start`.
template <class Action>
void expect_refusal(const std::string& start, Action&& action) {
  try {
    action();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::device);
    EXPECT_EQ(error.what(), start +
                                ": this build has no OpenCV. Pack the images elsewhere with `mirrortune data "
                                "pack`, or build with OpenCV.");
  }
}

/// Two images of 2×2 as `data pack` leaves them.
void write_cache(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::vector<std::uint8_t> pixels(24);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{1});
  const std::vector<std::int64_t> shape = {2, 3, 2, 2}, count = {2}, labels = {1, 0};
  write_npy(folder / "images.npy", NpyType::u1, shape, std::as_bytes(std::span(pixels)));
  write_npy(folder / "labels.npy", count, std::span<const std::int64_t>(labels));
  write_file(folder / "index.csv", "index,path,label,sha256\n0,dog/1.jpg,1,aa\n1,cat/1.jpg,0,bb\n");
  write_file(folder / "preprocessing.json",
             R"({"schema": 1, "preprocessing": "ffcv", "resolution": 2, "crop_ratio": 1.0,
                 "images": 2, "classes": ["cat", "dog"]})");
}

TEST(WithoutOpenCv, PackedImagesAreRead) {
  const TemporaryFolder folder;
  write_cache(folder / "cache");
  const DataOptions data{.root = folder / "cache", .resolution = 2, .crop_ratio = 1.0};
  const ImageIndex index = index_images(data, 2);
  const std::vector<std::int64_t> second = {1};
  const Pixels pixels = decode_images(index, second, data);
  EXPECT_THAT(pixels.values, ElementsAre(13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24));
  EXPECT_THAT(pixels.labels, ElementsAre(0));
  EXPECT_TRUE(check_data(data, 2).ok());
}

TEST(WithoutOpenCv, ImageFilesAreRefusedByTheFirstOfThem) {
  const TemporaryFolder folder;
  test::write_image(folder / "images/cat/1.png");
  test::write_image(folder / "images/dog/1.png", {1, 2, 3});
  const DataOptions data{.root = folder / "images", .resolution = 2};
  const ImageIndex index = index_images(data, 2);
  const std::string start = "cannot decode the image " + (folder / "images/cat/1.png").string();
  const std::vector<std::int64_t> all = {0, 1};
  expect_refusal(start, [&] { decode_images(index, all, data); });
  expect_refusal(start, [&] { check_data(data, 2); });
  expect_refusal(start, [&] { pack_images(index, data, folder / "cache"); });
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
}

TEST(WithoutOpenCv, IdxImagesOfTheRightSizeAreRead) {
  const TemporaryFolder folder;
  write_file(folder / "images", test::idx_bytes({2, 2, 2}, "abcdefgh"));
  write_gzip(folder / "labels.gz", test::idx_bytes({2}, std::string("\0\1", 2)));
  DataOptions data{.root = folder / "images", .resolution = 2, .crop_ratio = 1.0};
  const ImageIndex index = index_images(data, 0);
  const std::vector<std::int64_t> second = {1};
  EXPECT_THAT(decode_images(index, second, data).values,
              ElementsAre('e', 'f', 'g', 'h', 'e', 'f', 'g', 'h', 'e', 'f', 'g', 'h'));
  pack_images(index, data, folder / "cache");
  data.resolution = 3;
  expect_refusal("cannot resize the image " + (folder / "images:1").string(),
                 [&] { decode_images(index, second, data); });
}

TEST(WithoutOpenCv, NothingIsDrawnOrResized) {
  const TemporaryFolder folder;
  expect_refusal("cannot draw images into " + (folder / "made").string(),
                 [&] { write_synth(folder / "made", {.count = 16}); });
  expect_refusal("cannot draw digits into " + (folder / "made").string(),
                 [&] { write_synth_digits(folder / "made", {.count = 16}); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  expect_refusal("cannot draw the digit 5", [] { draw_digit(3, 5); });
  expect_refusal("cannot draw the image 5", [] { draw_synth_image(3, 5); });
  std::vector<std::uint8_t> out(12);
  expect_refusal("cannot resize the image picture", [&] {
    preprocess({.width = 1, .height = 1, .values = {0, 0, 0}}, {.resolution = 2}, "picture", out);
  });
  expect_refusal("cannot decode the image picture", [] { decode_image({}, "picture"); });
}

}  // namespace
}  // namespace mirrortune
