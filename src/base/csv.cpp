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

/// The cells of a record while they are read: those of the record before lend their memory.
class Cells {
 public:
  explicit Cells(std::vector<std::string>& cells) : cells_(cells) { add(); }
  ~Cells() { cells_.resize(count_); }
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  void add() {
    if (count_ == cells_.size()) cells_.emplace_back();
    cells_[count_++].clear();
  }
  std::string& last() { return cells_[count_ - 1]; }

 private:
  std::vector<std::string>& cells_;
  std::size_t count_ = 0;
};

}  // namespace

CsvRecords::CsvRecords(std::string_view text, std::string name, char separator)
    : text_(text), name_(std::move(name)), separator_(separator) {
  if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
}

bool CsvRecords::next(std::vector<std::string>& cells) {
  while (position_ < text_.size()) {
    read_record(cells);
    if (cells.size() > 1 || !cells[0].empty()) return true;
  }
  return false;
}

void CsvRecords::read_record(std::vector<std::string>& read) {
  Cells cells(read);
  bool quoted = false;
  record_line_ = line_;
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (c == '\n') ++line_;
    if (quoted) {
      if (c != '"') {
        cells.last() += c;
      } else if (position_ + 1 < text_.size() && text_[position_ + 1] == '"') {
        cells.last() += '"';
        ++position_;
      } else {
        quoted = false;
      }
    } else if (c == '"' && cells.last().empty()) {
      quoted = true;
    } else if (c == separator_) {
      cells.add();
    } else if (c == '\n') {
      ++position_;
      break;
    } else if (c != '\r') {
      cells.last() += c;
    }
  }
  if (quoted) {
    throw DataError(
        {.what = "cannot read the table", .where = where(), .why = "a quoted cell is not closed"});
  }
}

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
  CsvRecords records(text, name);
  std::vector<std::string> cells(1);
  records.next(cells);
  CsvTable table(cells);
  while (records.next(cells)) {
    if (cells.size() != table.columns_.size()) {
      throw DataError({.what = "cannot read the table",
                       .where = records.where(),
                       .why = "the row has " + std::to_string(cells.size()) + " cells, the header " +
                              std::to_string(table.columns_.size())});
    }
    table.rows_.push_back(cells);
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
