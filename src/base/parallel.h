#pragma once

#include <cstdint>
#include <functional>

namespace mirrortune {

/// The number of threads that 0 stands for: the cores this process may run on.
int available_threads();

/// Calls `body(0)` … `body(count − 1)` on up to `threads` threads (0: available_threads()) and waits for all.
/// Calls begin in the order of their numbers. When calls throw, no further ones begin, and the exception of
/// the one with the smallest number is thrown.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& body);

}  // namespace mirrortune
