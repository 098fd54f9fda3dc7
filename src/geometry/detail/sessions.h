#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "geometry/table.h"

namespace mirrortune::detail {

/// Whether session `a` comes before `b`: numbers within labels are compared as numbers, and labels that begin
/// with pre, before or baseline are first.
bool is_earlier(std::string_view a, std::string_view b);

/// The first and the last of two or more labels: in the order of the numbers if all are numbers, else as
/// is_earlier says.
SessionPair first_and_last(const std::vector<std::string>& labels);

/// Whether the order of two labels is that of their letters alone, which says little about time: naive,
/// trained.
bool is_alphabetical(const SessionPair& sessions);

/// Throws UsageError unless `chosen` are two of `labels`.
void check_sessions(const SessionPair& chosen, const std::vector<std::string>& labels);

}  // namespace mirrortune::detail
