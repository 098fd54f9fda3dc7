#pragma once

#include <cstdint>

#include "optim/cpu_step.h"

namespace mirrortune::detail {

/// Steps the weights `begin` … `end` − 1 of a tensor on the calling thread.
StepCounts step_range(const TensorStep& tensor, std::int64_t begin, std::int64_t end);

}  // namespace mirrortune::detail
