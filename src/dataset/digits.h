#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "dataset/pixels.h"
#include "dataset/synth.h"

namespace mirrortune {

inline constexpr int kDigitSide = 28;

/// Digit `i` of seed `seed`, grey, [28, 28], white on black; a pure function of the two. It shows i mod 10 in
/// a random font and thickness, turned, sheared, stretched, bent, moved, blurred and noisy.
std::vector<std::uint8_t> draw_digit(std::uint64_t seed, std::int64_t i);

/// Images for testing beside `count` for training: a sixth, as MNIST has, and at least one.
constexpr std::int64_t num_test_digits(std::int64_t count) { return std::max<std::int64_t>(1, count / 6); }

/// Writes the four files of MNIST under its names (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and
/// the same with t10k): the digits 0 … count−1, and the num_test_digits(count) after them. The same bytes
/// each time; the folder appears whole or not at all. Throws ExistsError if `folder` is there, UsageError if
/// `count` is more than an IDX file may hold, WriteError, StoppedError; both functions Error with
/// ExitCode::device in a build without OpenCV.
void write_synth_digits(const std::filesystem::path& folder, const SynthOptions& options,
                        const DecodeControl& control = {});

}  // namespace mirrortune
