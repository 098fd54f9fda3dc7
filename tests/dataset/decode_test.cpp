#include "dataset/decode.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "dataset/dataset_support.h"

namespace mirrortune {
namespace {

using test::error_of;
using test::fixture;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

std::string read_fixture(const std::string& name) { return read_text_file(fixture("dataset/" + name)); }

RgbImage decode_text(const std::string& bytes) {
  return decode_image(std::as_bytes(std::span(bytes)), "picture");
}

std::vector<unsigned char> encode(const std::string& extension, const cv::Mat& image) {
  std::vector<unsigned char> encoded;
  cv::imencode(extension, image, encoded);
  return encoded;
}

class DecodedAsPil : public testing::TestWithParam<const char*> {};

TEST_P(DecodedAsPil, ToTheBit) {
  const std::string name = GetParam();
  const RgbImage image = decode_image_file(fixture("dataset/" + name));
  const std::string stem = std::filesystem::path(name).stem().string();
  EXPECT_EQ(image.values, test::read_bytes_npy(fixture("dataset/" + stem + ".rgb.npy")));
}

INSTANTIATE_TEST_SUITE_P(Fixtures, DecodedAsPil,
                         testing::Values("alpha.png", "palette.png", "grey.png", "turned.jpg",
                                         "progressive.jpg", "grey_jpeg.jpg", "cmyk.jpg"));

TEST(Decode, OrientationInExifIsIgnored) {
  const RgbImage image = decode_image_file(fixture("dataset/turned.jpg"));
  EXPECT_EQ(image.width, 45);
  EXPECT_EQ(image.height, 34);
}

TEST(Decode, SixteenBitsBecomeTheUpperEight) {
  const cv::Mat deep(3, 5, CV_16UC3, cv::Scalar(0x12FF, 0x8000, 0xFF01));
  const auto encoded = encode(".png", deep);
  const RgbImage image = decode_image(std::as_bytes(std::span(encoded)), "deep.png");
  ASSERT_EQ(image.values.size(), 45U);
  EXPECT_EQ(image.values[0], 0xFF);
  EXPECT_EQ(image.values[1], 0x80);
  EXPECT_EQ(image.values[2], 0x12);
}

TEST(Decode, ContentDecidesAndNotTheName) {
  const TemporaryFolder folder;
  for (const char* extension : {".png", ".bmp", ".webp", ".jpg"}) {
    const auto encoded = encode(extension, cv::Mat(9, 7, CV_8UC3, cv::Scalar(0, 0, 250)));
    write_file(folder / "picture.JPEG", std::as_bytes(std::span(encoded)));
    const RgbImage image = decode_image_file(folder / "picture.JPEG");
    EXPECT_EQ(image.width, 7) << extension;
    EXPECT_EQ(image.height, 9) << extension;
    EXPECT_GT(image.values[0], 240) << extension;
    EXPECT_LT(image.values[2], 10) << extension;
  }
}

TEST(Decode, ATruncatedImageIsAnErrorAndNeverGrey) {
  for (const char* name :
       {"turned.jpg", "progressive.jpg", "cmyk.jpg", "grey_jpeg.jpg", "alpha.png", "palette.png"}) {
    const std::string whole = read_fixture(name);
    for (const double part : {0.1, 0.3, 0.6, 0.9, 0.99}) {
      const std::string cut =
          whole.substr(0, static_cast<std::size_t>(part * static_cast<double>(whole.size())));
      EXPECT_THAT(error_of<DataError>([&] { decode_text(cut); }),
                  HasSubstr("cannot decode the image picture: "))
          << name << " " << part;
    }
  }
}

TEST(Decode, AByteThatFlippedInAPngIsNoticed) {
  std::string bytes = read_fixture("wide.png");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
  EXPECT_THAT(error_of<DataError>([&] { decode_text(bytes); }), HasSubstr("corrupt"));
}

TEST(Decode, DamagedFilesEndInADataErrorOrAnImageOfTheRightSize) {
  for (const char* name : {"turned.jpg", "progressive.jpg", "cmyk.jpg", "alpha.png"}) {
    const std::string whole = read_fixture(name);
    for (std::size_t at = 0; at < whole.size(); at += 3) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
      try {
        const RgbImage image = decode_text(damaged);
        EXPECT_EQ(image.values.size(),
                  static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
      } catch (const DataError&) {
        continue;
      }
    }
  }
}

TEST(Decode, TextIsNoImageAndTheSentenceSaysHowItStarts) {
  EXPECT_THAT(error_of<DataError>([] { decode_text("hello world, I am text"); }),
              AllOf(HasSubstr("it is no JPEG, PNG, BMP or WebP image"), HasSubstr("hello world")));
  EXPECT_THAT(error_of<DataError>([] { decode_text(""); }), HasSubstr("the file is empty"));
  EXPECT_THAT(error_of<DataError>([] { decode_text("\xFF\xD8\xFF"); }), HasSubstr("cannot decode"));
}

/// A PNG of a header and no pixels.
std::string png_header(unsigned width, unsigned height) {
  const auto big_endian = [](unsigned value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xFF);
    return text;
  };
  return std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) + big_endian(width) + big_endian(height) +
         std::string("\x08\x02\0\0\0", 5) + std::string(40, '\0');
}

TEST(Decode, AHugeImageIsRefusedByItsHeader) {
  EXPECT_THAT(error_of<DataError>([] { decode_text(png_header(20000, 20000)); }),
              AllOf(HasSubstr("20000×20000"), HasSubstr("limit of 100 million")));
  EXPECT_THAT(error_of<DataError>([] { decode_text(png_header(0xFFFFFFFF, 0xFFFFFFFF)); }),
              HasSubstr("limit"));
  EXPECT_THAT(error_of<DataError>([] { decode_text(png_header(0, 5)); }), HasSubstr("0×5"));
  std::string jpeg = read_fixture("turned.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\x4E\x20\x4E\x20");
  EXPECT_THAT(error_of<DataError>([&] { decode_text(jpeg); }), HasSubstr("20000×20000"));
}

/// A progressive JPEG whose scans leave no bit for later, so that its last scan may be repeated lawfully.
std::string repeatable_progressive_jpeg() {
  std::array<jpeg_scan_info, 4> scans{};
  scans[0] = {.comps_in_scan = 3, .component_index = {0, 1, 2}, .Ss = 0, .Se = 0, .Ah = 0, .Al = 0};
  for (int i = 0; i < 3; ++i) {
    scans[static_cast<std::size_t>(i) + 1] = {
        .comps_in_scan = 1, .component_index = {i}, .Ss = 1, .Se = 63, .Ah = 0, .Al = 0};
  }
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = info.image_height = 16;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  info.scan_info = scans.data();
  info.num_scans = static_cast<int>(scans.size());
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < 16; ++y) {
    std::array<JSAMPLE, 48> row{};
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = static_cast<JSAMPLE>((i * 37 + static_cast<std::size_t>(y) * 91) % 256);
    JSAMPROW rows[1] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<char*>(bytes), size);
  std::free(bytes);
  return file;
}

TEST(Decode, AProgressiveJpegOfEndlessScansIsRefused) {
  const std::string whole = repeatable_progressive_jpeg();
  const std::size_t last_scan = whole.rfind("\xFF\xDA");
  const std::string scan = whole.substr(last_scan, whole.size() - 2 - last_scan);
  const auto with_scans = [&](int scans) {
    std::string file = whole.substr(0, whole.size() - 2);
    for (int i = 4; i < scans; ++i) file += scan;
    return file + "\xFF\xD9";
  };
  EXPECT_EQ(decode_text(with_scans(kMaxJpegScans)).values, decode_text(whole).values);
  EXPECT_THAT(error_of<DataError>([&] { decode_text(with_scans(kMaxJpegScans + 1)); }),
              HasSubstr("more than 100 scans"));
}

TEST(Decode, AMissingFileIsMissing) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of<MissingError>([&] { decode_image_file(folder / "none.jpg"); }), HasSubstr("none.jpg"));
}

TEST(Decode, EveryRealImageNetPictureOpens) {
  MIRRORTUNE_NEEDS_SHARED("data/imagenet-sample");
  int images = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::shared("data/imagenet-sample"))) {
    if (entry.path().extension() != ".JPEG") continue;
    EXPECT_GT(decode_image_file(entry.path()).values.size(), 0U);
    ++images;
  }
  EXPECT_EQ(images, 100);
}

}  // namespace
}  // namespace mirrortune
