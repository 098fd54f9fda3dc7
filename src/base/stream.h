#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mirrortune {

/// Philox4x32 with 10 rounds: a bijection of `counter` for each `key` (Salmon et al., "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011).
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// A named, counter-based stream of random numbers: draw `index` of stream (seed, purpose, epoch) is a pure
/// function of these four, whatever was drawn before and on whichever thread. Philox4x32-10 (Salmon et al.,
/// SC 2011), keyed by the hash of the name.
class Stream {
 public:
  /// `purpose` names what is drawn ("subset", "shuffle", "dropout"); `epoch` tells repetitions of it apart.
  Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t epoch = 0);

  /// 64 random bits.
  std::uint64_t bits(std::uint64_t index) const;
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform(std::uint64_t index) const;
  /// Standard normal (Box–Muller on the two halves of one Philox block).
  double normal(std::uint64_t index) const;
  /// Uniform in [0, n), n > 0; the bias is below n / 2^64.
  std::uint64_t below(std::uint64_t index, std::uint64_t n) const;

  /// A random permutation of 0 … n−1 (Fisher–Yates; draws 0 … n−2 of the stream).
  std::vector<std::int64_t> permutation(std::int64_t n) const;

 private:
  std::array<std::uint32_t, 4> block(std::uint64_t index) const;

  std::array<std::uint32_t, 2> key_;
  std::uint64_t high_;  ///< second half of the name's hash and the epoch, the upper half of Philox's counter
};

}  // namespace mirrortune
