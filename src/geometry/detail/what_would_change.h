#pragma once

#include <string>
#include <vector>

#include "geometry/change_model.h"
#include "geometry/identify.h"

namespace mirrortune::detail {

/// Sentences: which potential is next and by how much, which the interval excludes, with how many changes
/// that would be otherwise, and which error of measurement would matter. Numbers of changes are from what
/// these changes tell on average: a difference of AIC grows with their number, an interval shrinks with its
/// square root.
std::vector<std::string> what_would_change(const Identification& result, const ChangedPairs& pairs);

}  // namespace mirrortune::detail
