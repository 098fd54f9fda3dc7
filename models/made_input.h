#pragma once

#include <cstdint>
#include <string_view>

#include <torch/torch.h>

namespace mirrortune {

/// Seed of the golden files' made weights and images (tests/fixtures/golden/README.md).
inline constexpr std::uint64_t kMadeSeed = 1;

/// Tensor of made numbers: element i in row-major order is the i-th draw of splitmix64 keyed by name and
/// seed, uniform in [−1, 1) on 24 bits, so that any program in any language can make the same tensor.
/// float64.
torch::Tensor made_uniform(std::string_view name, torch::IntArrayRef shape, std::uint64_t seed);

/// Made images [count, 3, resolution, resolution], float32, as a network's normalised input.
torch::Tensor made_images(std::int64_t count, std::int64_t resolution, std::uint64_t seed);

/// Made rows [count, steps, 28], float32, as a recurrent network's normalised input.
torch::Tensor made_rows(std::int64_t count, std::int64_t steps, std::uint64_t seed);

}  // namespace mirrortune
