#include "cli/result_folder.h"

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "cli/output.h"

namespace mirrortune::cli {

void ResultFolder::check(const std::vector<std::string>& tables) const {
  if (path.empty()) return;
  refuse_existing(page(), force);
  for (const auto& name : tables) refuse_existing(path / (name + ".csv"), force);
}

void ResultFolder::write(const std::map<std::string, CsvTable>& tables) const {
  make_folder(path);
  for (const auto& [name, table] : tables) table.write(path / (name + ".csv"));
}

void add_result_folder(CLI::App& command, ResultFolder& folder) {
  command.add_option("-o,--out", folder.path,
                     "Folder for the tables (CSV) and a page of figures, index.html, that opens anywhere");
  command.add_flag("--force", folder.force, "Replace the files that are there");
}

}  // namespace mirrortune::cli
