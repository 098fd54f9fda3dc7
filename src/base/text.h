#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

/// Shortest decimal text that reads back as the same double ("0.1", "1e-05"; "nan", "inf", "-inf").
std::string format_number(double value);

/// The whole of `text` as a finite or infinite double; nothing if it is not one.
std::optional<double> parse_number(std::string_view text);
/// The whole of `text` as an integer; nothing if it is not one or does not fit.
std::optional<long long> parse_integer(std::string_view text);

/// Pieces between separators; "" gives one empty piece.
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
std::string_view trim(std::string_view text);

/// The candidate with the smallest edit distance to `word`, if that is at most a third of its length; else
/// nothing.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// True if the whole text is valid UTF-8.
bool is_utf8(std::string_view text);

/// `text` with control characters, invalid UTF-8 and terminal escapes made visible, for messages.
std::string printable(std::string_view text);

}  // namespace mirrortune
