#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/csv.h"

namespace CLI {
class App;
}

namespace mirrortune::cli {

/// Where a command puts its tables and the page of its figures, if it is asked to.
struct ResultFolder {
  std::filesystem::path path;  ///< empty: nowhere
  bool force = false;          ///< replace what is there

  std::filesystem::path page() const { return path / "index.html"; }
  /// Throws ExistsError if the page or one of these tables is there and may not be replaced.
  void check(const std::vector<std::string>& tables) const;
  /// <name>.csv of each table. Throws as write_file.
  void write(const std::map<std::string, CsvTable>& tables) const;
};

/// Adds --out and --force.
void add_result_folder(CLI::App& command, ResultFolder& folder);

}  // namespace mirrortune::cli
