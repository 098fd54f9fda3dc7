#include "base/stream.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace mirrortune {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;

std::uint64_t splitmix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return h;
}

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

/// 53 random bits as a double in [0, 1).
double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

std::uint64_t join(std::uint32_t lower, std::uint32_t upper) {
  return (static_cast<std::uint64_t>(upper) << 32) | lower;
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  auto c = counter;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c[2];
    c = {high(p1) ^ c[1] ^ key[0], low(p1), high(p0) ^ c[3] ^ key[1], low(p0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return c;
}

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t epoch) {
  const std::uint64_t name = splitmix64(fnv1a(purpose) + kGolden);
  const std::uint64_t key = splitmix64(name ^ splitmix64(seed + kGolden));
  key_ = {low(key), high(key)};
  high_ = splitmix64(name + splitmix64(epoch + kGolden) * 3 + seed);
}

std::array<std::uint32_t, 4> Stream::block(std::uint64_t index) const {
  return philox4x32({low(index), high(index), low(high_), high(high_)}, key_);
}

std::uint64_t Stream::bits(std::uint64_t index) const {
  const auto c = block(index);
  return join(c[0], c[1]);
}

double Stream::uniform(std::uint64_t index) const { return to_unit(bits(index)); }

double Stream::normal(std::uint64_t index) const {
  const auto c = block(index);
  const double radius = std::sqrt(-2.0 * std::log1p(-to_unit(join(c[0], c[1]))));
  return radius * std::cos(2.0 * std::numbers::pi * to_unit(join(c[2], c[3])));
}

std::uint64_t Stream::below(std::uint64_t index, std::uint64_t n) const {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits(index)) * n) >> 64);
}

std::vector<std::int64_t> Stream::permutation(std::int64_t n) const {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    std::swap(order[i], order[i + below(i, order.size() - i)]);
  }
  return order;
}

}  // namespace mirrortune
