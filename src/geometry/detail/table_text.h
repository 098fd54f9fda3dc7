#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune::detail {

/// Throws DataError: the table cannot be read at `where`.
[[noreturn]] void refuse_table(const std::string& where, std::string why, std::string todo = "");

/// ASCII letters made small.
std::string lower_case(std::string_view text);
/// A text from a table for messages: 'text', printable.
std::string shown(std::string_view text);
/// The first ten texts, in quotes, with commas between them.
std::string listed(const std::vector<std::string>& texts);
/// "1 size", "2 sizes".
std::string counted(std::size_t count, const std::string& noun);

/// Whether a cell says that nothing was measured: empty, NA or NaN.
bool is_absent(std::string_view cell);
/// Whether a cell would be a number if its comma were a point.
bool has_decimal_comma(std::string_view cell);

}  // namespace mirrortune::detail
