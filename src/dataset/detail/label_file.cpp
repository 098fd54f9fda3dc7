#include "dataset/detail/label_file.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "dataset/detail/folder_files.h"

namespace mirrortune::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::array kLabelFileNames = {"val_annotations.txt", "labels.csv",
                                        "ILSVRC2012_validation_ground_truth.txt"};

[[noreturn]] void refuse(const fs::path& path, std::size_t line, const std::string& why) {
  const std::string place = line > 0 ? ":" + std::to_string(line) : "";
  throw DataError({.what = "cannot read the labels", .where = printable(path.string()) + place, .why = why});
}

/// A name in a label file must stay inside the folder.
void check_name(const fs::path& path, std::size_t line, const std::string& name) {
  const fs::path file(name);
  const bool leaves = file.is_absolute() || std::find(file.begin(), file.end(), "..") != file.end();
  if (name.empty()) refuse(path, line, "the file name is empty");
  if (leaves) refuse(path, line, "'" + printable(name) + "' leaves the folder of images");
}

std::vector<LabelledFile> read_csv_labels(const fs::path& path, const std::string& text) {
  std::vector<LabelledFile> files;
  const CsvTable table = CsvTable::parse(text, printable(path.string()));
  for (const auto& row : table.rows()) {
    const std::size_t line = files.size() + 2;
    const std::string label(trim(row[1]));
    check_name(path, line, row[0]);
    if (label.empty()) refuse(path, line, "the label is empty");
    files.push_back({row[0], label});
  }
  return files;
}

std::vector<LabelledFile> read_tab_labels(const fs::path& path, const std::vector<std::string>& lines) {
  std::vector<LabelledFile> files;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    const auto cells = split(lines[i], '\t');
    const std::string label(cells.size() < 2 ? "" : trim(cells[1]));
    if (label.empty()) {
      refuse(path, i + 1,
             "'" + printable(lines[i].substr(0, 40)) + "' is not a file name, a TAB and a label");
    }
    check_name(path, i + 1, cells[0]);
    files.push_back({cells[0], label});
  }
  return files;
}

/// All lines as numbers; nothing if one is none.
std::optional<std::vector<std::string>> as_numbers(const std::vector<std::string>& lines) {
  std::vector<std::string> numbers;
  for (const std::string& line : lines) {
    const std::string number(trim(line));
    if (number.empty()) continue;
    if (!parse_integer(number)) return std::nullopt;
    numbers.push_back(number);
  }
  return numbers.empty() ? std::nullopt : std::optional(numbers);
}

/// Does the file start with the header `id,wnid`?
bool is_id_file(const fs::path& path) {
  const RandomAccessFile file(path);
  std::string start(std::min<std::uint64_t>(file.size(), 16), '\0');
  file.read(0, std::as_writable_bytes(std::span(start)));
  if (start.starts_with("\xEF\xBB\xBF")) start.erase(0, 3);
  return trim(start.substr(0, start.find('\n'))) == "id,wnid";
}

fs::path find_id_file(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    for (const std::string& name : list_folder(folder).files) {
      if (name.ends_with(".csv") && is_id_file(folder / name)) return folder / name;
    }
  }
  throw MissingError(
      {.what = "cannot read the labels in",
       .where = printable(folders.front().string()),
       .why =
           "the numbers of ILSVRC2012's ground truth are not in the order of wnids, and no file says which "
           "number is which wnid",
       .todo = "Put a CSV file with the header id,wnid and a row for each number beside the label file"});
}

std::map<std::string, std::string> read_id_file(const fs::path& path) {
  std::map<std::string, std::string> wnid_of;
  const CsvTable table = CsvTable::read(path);
  for (const auto& row : table.rows()) {
    const auto inserted = wnid_of.emplace(trim(row[0]), trim(row[1]));
    if (!inserted.second) refuse(path, 0, "the id " + printable(row[0]) + " stands in two rows");
  }
  return wnid_of;
}

}  // namespace

std::optional<fs::path> find_label_file(const fs::path& root, const std::vector<std::string>& files) {
  std::vector<std::string> found;
  for (const char* name : kLabelFileNames) {
    if (std::find(files.begin(), files.end(), name) != files.end()) found.emplace_back(name);
  }
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) {
    throw DataError({.what = "cannot choose the labels of",
                     .where = printable(root.string()),
                     .why = "it holds " + join(found, " and "),
                     .todo = "Say which one with data.labels"});
  }
  return root / found.front();
}

LabelFile read_label_file(const fs::path& path) {
  const std::string text = read_text_file(path);
  const auto lines = split(text, '\n');
  const std::string_view first =
      std::string_view(lines.front()).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  if (trim(first) == "file,label") return {.files = read_csv_labels(path, text), .numbers = {}};
  if (auto numbers = as_numbers(lines)) return {.files = {}, .numbers = std::move(*numbers)};
  if (text.find('\t') != std::string::npos) return {.files = read_tab_labels(path, lines), .numbers = {}};
  refuse(path, 0,
         "it is neither a table with the header file,label, nor lines of file, TAB and label, nor a number "
         "per line");
}

std::vector<std::string> wnids_of_numbers(const std::vector<std::string>& numbers,
                                          const std::vector<fs::path>& folders) {
  const fs::path path = find_id_file(folders);
  const auto wnid_of = read_id_file(path);
  std::vector<std::string> wnids;
  for (const std::string& number : numbers) {
    const auto found = wnid_of.find(number);
    if (found == wnid_of.end())
      refuse(path, 0, "it has no row for the id " + number + " of the ground truth");
    wnids.push_back(found->second);
  }
  return wnids;
}

}  // namespace mirrortune::detail
