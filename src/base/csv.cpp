#include "base/csv.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"

namespace mirrortune {
namespace {

void append_line(std::string& text, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += ',';
    text += csv_escape(cells[i]);
  }
  text += '\n';
}

/// Reads one record from `text` at `position`, over several lines if quoted cells say so.
std::vector<std::string> parse_record(std::string_view text, std::size_t& position, std::size_t& line,
                                      const std::string& name) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  const std::size_t first_line = line;
  for (; position < text.size(); ++position) {
    const char c = text[position];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (position + 1 < text.size() && text[position + 1] == '"') {
        cells.back() += '"';
        ++position;
      } else {
        quoted = false;
      }
    } else if (c == '"' && cells.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      ++position;
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  if (quoted) {
    throw DataError({.what = "cannot read the table",
                     .where = name + ":" + std::to_string(first_line),
                     .why = "a quoted cell is not closed"});
  }
  return cells;
}

}  // namespace

void CsvTable::add(std::vector<std::string> cells) {
  MIRRORTUNE_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::size_t CsvTable::column(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end()) {
    throw DataError({.what = "cannot read the table", .why = "it has no column '" + std::string(name) + "'"});
  }
  return static_cast<std::size_t>(found - columns_.begin());
}

std::string CsvTable::to_text() const {
  std::string text;
  append_line(text, columns_);
  for (const auto& row : rows_) append_line(text, row);
  return text;
}

void CsvTable::write(const std::filesystem::path& path) const { write_file(path, to_text()); }

CsvTable CsvTable::parse(std::string_view text, const std::string& name) {
  std::size_t position = 0;
  std::size_t line = 1;
  if (text.starts_with("\xEF\xBB\xBF")) position = 3;
  CsvTable table(parse_record(text, position, line, name));
  while (position < text.size()) {
    const std::size_t row_line = line;
    auto cells = parse_record(text, position, line, name);
    if (cells.size() == 1 && cells[0].empty()) continue;
    if (cells.size() != table.columns_.size()) {
      throw DataError({.what = "cannot read the table",
                       .where = name + ":" + std::to_string(row_line),
                       .why = "the row has " + std::to_string(cells.size()) + " cells, the header " +
                              std::to_string(table.columns_.size())});
    }
    table.rows_.push_back(std::move(cells));
  }
  return table;
}

CsvTable CsvTable::read(const std::filesystem::path& path) {
  return parse(read_text_file(path), path.string());
}

std::string csv_escape(std::string_view cell) {
  if (cell.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(cell);
  std::string escaped = "\"";
  for (const char c : cell) {
    if (c == '"') escaped += '"';
    escaped += c;
  }
  return escaped + '"';
}

}  // namespace mirrortune
