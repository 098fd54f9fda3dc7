#pragma once

#include <cstdint>

#include "base/stream.h"

namespace mirrortune {

/// Draws of a stream, one after the other from `first` on.
class Dice {
 public:
  explicit Dice(const Stream& stream, std::uint64_t first = 0) : stream_(stream), next_(first) {}

  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * stream_.uniform(next_++); }
  /// Standard normal.
  double normal() { return stream_.normal(next_++); }
  /// 0 … n−1, n > 0.
  int below(int n) { return static_cast<int>(stream_.below(next_++, static_cast<std::uint64_t>(n))); }
  bool coin(double probability) { return stream_.uniform(next_++) < probability; }

 private:
  Stream stream_;
  std::uint64_t next_;
};

}  // namespace mirrortune
