#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

/// A table with named columns, written and read as CSV (RFC 4180, "\n" line ends). Cells are text.
class CsvTable {
 public:
  explicit CsvTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  /// Appends a row; it must have as many cells as there are columns.
  void add(std::vector<std::string> cells);
  /// Index of a column. Throws DataError if there is none.
  std::size_t column(std::string_view name) const;

  std::string to_text() const;
  /// Written whole or not at all.
  void write(const std::filesystem::path& path) const;

  /// Reads text with a header line; `name` stands in messages. Throws DataError with the line for an unclosed
  /// quote or a row of another length.
  static CsvTable parse(std::string_view text, const std::string& name);
  static CsvTable read(const std::filesystem::path& path);

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A cell's text, quoted where it must be.
std::string csv_escape(std::string_view cell);

}  // namespace mirrortune
