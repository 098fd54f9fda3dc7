#pragma once

#include <cstddef>

namespace mirrortune::test {

/// Watches what this process allocates by operator new from its construction on; one at a time. The
/// executable must be linked with support/allocations.cpp.
class AllocationWatch {
 public:
  AllocationWatch();
  /// Bytes of the largest single allocation.
  std::size_t largest() const;
  /// The most bytes that were held at once, above what was held at the start.
  std::size_t peak() const;

 private:
  std::size_t held_at_start_;
};

}  // namespace mirrortune::test
