#pragma once

#include <cstdint>
#include <functional>

#include "dataset/pixels.h"

namespace mirrortune::detail {

/// Calls body(0) … body(count − 1) on control.threads threads, in increasing order of start. If bodies throw,
/// the exception of the lowest index is rethrown, whatever the threads; a stop throws StoppedError.
void parallel_for(std::int64_t count, const DecodeControl& control,
                  const std::function<void(std::int64_t)>& body);

/// `control` for a part of the work: its progress counts from `begin` to `count` instead of from 0 to the
/// part's size. Lives no longer than `control`.
DecodeControl part_control(const DecodeControl& control, std::int64_t begin, std::int64_t count);

}  // namespace mirrortune::detail
