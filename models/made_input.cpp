#include "models/made_input.h"

#include "models/elman_rnn.h"

namespace mirrortune {
namespace {

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return h;
}

/// The i-th draw of splitmix64 from state h, as a number in [−1, 1) on 24 bits.
double draw(std::uint64_t h, std::uint64_t i) {
  std::uint64_t x = h + (i + 1) * 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  x ^= x >> 31;
  return static_cast<double>(x >> 40) * 0x1p-23 - 1.0;
}

}  // namespace

torch::Tensor made_uniform(std::string_view name, torch::IntArrayRef shape, std::uint64_t seed) {
  const std::uint64_t h = fnv1a(name) ^ seed;
  auto made = torch::empty(shape, torch::kFloat64);
  auto* values = made.data_ptr<double>();
  for (std::int64_t i = 0; i < made.numel(); ++i) values[i] = draw(h, static_cast<std::uint64_t>(i));
  return made;
}

torch::Tensor made_images(std::int64_t count, std::int64_t resolution, std::uint64_t seed) {
  return made_uniform("input", {count, 3, resolution, resolution}, seed).to(torch::kFloat32);
}

torch::Tensor made_rows(std::int64_t count, std::int64_t steps, std::uint64_t seed) {
  return made_uniform("input", {count, steps, kElmanInput}, seed).to(torch::kFloat32);
}

}  // namespace mirrortune
