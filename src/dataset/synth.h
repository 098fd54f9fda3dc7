#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "dataset/decode.h"
#include "dataset/pixels.h"

namespace mirrortune {

inline constexpr int kSynthSide = 64;

/// The 16 classes of the made-up data set, in label order: a shape and the texture that fills it.
inline constexpr std::array<const char*, 16> kSynthClasses = {
    "disc_checks",     "disc_dots",     "disc_plain",     "disc_stripes",    //
    "square_checks",   "square_dots",   "square_plain",   "square_stripes",  //
    "star_checks",     "star_dots",     "star_plain",     "star_stripes",    //
    "triangle_checks", "triangle_dots", "triangle_plain", "triangle_stripes"};

/// Image `i` of seed `seed`, a pure function of the two; its class is i mod 16. A shape of random size,
/// place, rotation and colours on a cluttered ground, blurred and noisy; one in twelve so much that few of
/// them can be recognised, so that no network is perfect.
RgbImage draw_synth_image(std::uint64_t seed, std::int64_t i);

/// What `data synth` writes.
struct SynthOptions {
  std::int64_t count = 0;
  std::uint64_t seed = 0;
};

/// Writes an ImageFolder `<class>/<i>.jpg` of the images 0 … count−1; it appears whole or not at all. Throws
/// ExistsError if `folder` is there, WriteError, StoppedError; both functions Error with ExitCode::device in
/// a build without OpenCV.
void write_synth(const std::filesystem::path& folder, const SynthOptions& options,
                 const DecodeControl& control = {});

}  // namespace mirrortune
