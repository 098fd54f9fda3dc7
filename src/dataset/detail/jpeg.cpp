#include "dataset/detail/jpeg.h"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.h"
#include "dataset/detail/image_limits.h"

namespace mirrortune::detail {
namespace {

/// One decoding. libjpeg ends it from inside by longjmp, so that everything between a setjmp and the
/// library's calls is plain C without destructors; the object itself lives outside.
struct Decoder {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump{};
  std::array<char, JMSG_LENGTH_MAX> message{};

  Decoder();
  ~Decoder() { jpeg_destroy_decompress(&info); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
};

Decoder& decoder_of(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

[[noreturn]] void end_decoding(j_common_ptr info) {
  Decoder& decoder = decoder_of(info);
  info->err->format_message(info, decoder.message.data());
  std::longjmp(decoder.jump, 1);
}

/// Warnings (level −1) are errors, but for an unknown minor version of JFIF.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code != JWRN_JFIF_MAJOR) end_decoding(info);
}

void on_progress(j_common_ptr info) {
  Decoder& decoder = decoder_of(info);
  if (decoder.info.input_scan_number <= kMaxJpegScans) return;
  std::snprintf(decoder.message.data(), decoder.message.size(), "it has more than %d scans", kMaxJpegScans);
  std::longjmp(decoder.jump, 1);
}

Decoder::Decoder() {
  info.err = jpeg_std_error(&errors);
  info.client_data = this;
  errors.error_exit = end_decoding;
  errors.emit_message = on_message;
  progress.progress_monitor = on_progress;
}

bool read_header(Decoder& decoder, std::span<const std::byte> bytes) {
  if (setjmp(decoder.jump) != 0) return false;
  jpeg_create_decompress(&decoder.info);
  decoder.info.progress = &decoder.progress;
  jpeg_mem_src(&decoder.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&decoder.info, TRUE);
  const bool four_inks =
      decoder.info.jpeg_color_space == JCS_CMYK || decoder.info.jpeg_color_space == JCS_YCCK;
  decoder.info.out_color_space = four_inks ? JCS_CMYK : JCS_RGB;
  return true;
}

/// PIL's MULDIV255: a·b/255, rounded.
int multiply_255(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/// One row of inverted CMYK → RGB, as PIL converts it.
void convert_row(const JSAMPLE* cmyk, std::uint8_t* rgb, JDIMENSION width) {
  for (JDIMENSION x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c)
      rgb[c] = static_cast<std::uint8_t>(light - multiply_255(255 - cmyk[c], light));
  }
}

/// `row`: room for a row of four inks; `out`: the image.
bool read_pixels(Decoder& decoder, JSAMPLE* row, std::uint8_t* out) {
  if (setjmp(decoder.jump) != 0) return false;
  jpeg_start_decompress(&decoder.info);
  const std::size_t stride = std::size_t{decoder.info.output_width} * 3;
  while (decoder.info.output_scanline < decoder.info.output_height) {
    std::uint8_t* const target = out + decoder.info.output_scanline * stride;
    JSAMPLE* const line = decoder.info.out_color_space == JCS_CMYK ? row : target;
    JSAMPLE* lines[1] = {line};
    jpeg_read_scanlines(&decoder.info, lines, 1);
    if (line == row) convert_row(row, target, decoder.info.output_width);
  }
  jpeg_finish_decompress(&decoder.info);
  return true;
}

}  // namespace

bool is_jpeg(std::span<const std::byte> bytes) {
  constexpr std::array<unsigned char, 3> kStart = {0xFF, 0xD8, 0xFF};
  return bytes.size() >= kStart.size() && std::memcmp(bytes.data(), kStart.data(), kStart.size()) == 0;
}

RgbImage decode_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  Decoder decoder;
  if (!read_header(decoder, bytes)) refuse_image(name, decoder.message.data());
  RgbImage image = allocate_image(decoder.info.image_width, decoder.info.image_height, name);
  std::vector<JSAMPLE> row(std::size_t{decoder.info.image_width} * 4);
  if (!read_pixels(decoder, row.data(), image.values.data())) refuse_image(name, decoder.message.data());
  return image;
}

}  // namespace mirrortune::detail
