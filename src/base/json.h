#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace mirrortune {

/// JSON with keys in the order in which they were added, so that the same input gives the same bytes.
using Json = nlohmann::ordered_json;

/// A finite number, or null: JSON has no NaN and no infinity.
Json number_or_null(double value);

/// Parses a file. Throws DataError with the place of a syntax error, and as read_text_file.
Json read_json(const std::filesystem::path& path);

/// Two-space indented text with a newline at the end, written whole or not at all. Invalid UTF-8 is replaced.
void write_json(const std::filesystem::path& path, const Json& document);
std::string to_text(const Json& document);

}  // namespace mirrortune
