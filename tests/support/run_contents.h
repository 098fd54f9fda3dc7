#pragma once

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"

namespace mirrortune::test {

/// A table without its column of seconds.
inline std::string without_seconds(const CsvTable& table) {
  std::string text;
  for (const auto& row : table.rows()) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (table.columns()[c] != "seconds") text += row[c] + ",";
    }
    text += "\n";
  }
  return text;
}

/// The files of a run directory by their paths there.
using RunContents = std::map<std::string, std::string>;

/// Every file without the times in it: what a stopped and resumed run must have in common with one that ran
/// through. Large files stand as their hashes.
inline RunContents run_contents(const std::filesystem::path& folder) {
  RunContents contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = std::filesystem::relative(entry.path(), folder).string();
    const std::string file = entry.path().filename().string();
    if (!entry.is_regular_file()) {
      contents[name + "/"] = {};
    } else if (file == "metrics.csv" || file == "index.csv") {
      contents[name] = without_seconds(CsvTable::read(entry.path()));
    } else if (file == "trial.json") {
      Json record = read_json(entry.path());
      record.erase("seconds");
      contents[name] = to_text(record);
    } else if (file == "log.txt") {
      contents[name] = std::regex_replace(read_text_file(entry.path()), std::regex(R"([0-9.]+ s\b)"), "… s");
    } else if (file == ".lock") {
      contents[name] = {};
    } else {
      contents[name] = sha256_of_file(entry.path());
    }
  }
  return contents;
}

/// Names of the files that differ, or that one of the two lacks, but for those left out.
inline std::vector<std::string> differing_files(const RunContents& a, const RunContents& b,
                                                const std::set<std::string>& left_out = {}) {
  std::vector<std::string> names;
  RunContents all = a;
  all.insert(b.begin(), b.end());
  for (const auto& [name, content] : all) {
    const auto left = a.find(name), right = b.find(name);
    const bool same = left != a.end() && right != b.end() && left->second == right->second;
    if (!same && !left_out.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace mirrortune::test
