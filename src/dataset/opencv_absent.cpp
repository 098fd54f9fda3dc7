// What stands in for decode.cpp, digits.cpp, preprocess.cpp and synth.cpp in a build without OpenCV: packed
// images are read, others are refused.
#include "base/error.h"
#include "base/text.h"
#include "dataset/decode.h"
#include "dataset/digits.h"
#include "dataset/preprocess.h"
#include "dataset/synth.h"

namespace mirrortune {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw Error(ExitCode::device,
              {.what = what,
               .where = printable(where),
               .why = "this build has no OpenCV",
               .todo = "Pack the images elsewhere with `mirrortune data pack`, or build with OpenCV"});
}

}  // namespace

RgbImage decode_image(std::span<const std::byte>, const std::string& name) {
  refuse("cannot decode the image", name);
}

RgbImage decode_image_file(const std::filesystem::path& path) {
  refuse("cannot decode the image", path.string());
}

void preprocess(const RgbImage&, const DataOptions&, const std::string& name, std::span<std::uint8_t>) {
  refuse("cannot resize the image", name);
}

RgbImage draw_synth_image(std::uint64_t, std::int64_t i) {
  refuse("cannot draw the image", std::to_string(i));
}

std::vector<std::uint8_t> draw_digit(std::uint64_t, std::int64_t i) {
  refuse("cannot draw the digit", std::to_string(i));
}

void write_synth_digits(const std::filesystem::path& folder, const SynthOptions&, const DecodeControl&) {
  refuse("cannot draw digits into", folder.string());
}

void write_synth(const std::filesystem::path& folder, const SynthOptions&, const DecodeControl&) {
  refuse("cannot draw images into", folder.string());
}

}  // namespace mirrortune
