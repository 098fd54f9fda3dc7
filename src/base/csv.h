#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

/// The records of a CSV text one after the other, over several lines where quoted cells say so. A byte-order
/// mark and Windows line ends are no part of cells; empty lines are passed over.
class CsvRecords {
 public:
  /// `text` must outlive this; `name` stands in messages.
  CsvRecords(std::string_view text, std::string name, char separator = ',');

  /// The next record, in place of what `cells` held; false at the end. Throws DataError with the line for an
  /// unclosed quote.
  bool next(std::vector<std::string>& cells);
  /// First line of the latest record, from 1.
  std::size_t line() const { return record_line_; }
  /// The latest record's place for messages: "a.csv:3".
  std::string where() const { return where(line()); }
  std::string where(std::size_t line) const { return name_ + ":" + std::to_string(line); }

 private:
  void read_record(std::vector<std::string>& cells);

  std::string_view text_;
  std::string name_;
  char separator_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;  ///< of `position_`
  std::size_t record_line_ = 1;
};

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
