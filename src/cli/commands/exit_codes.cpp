#include <array>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

constexpr std::array<std::pair<int, const char*>, 18> kExitCodes = {{
    {0, "done"},
    {1, "a bug of mirrortune"},
    {2, "wrong command line"},
    {65, "input refused or corrupt: weights, images, tables"},
    {66, "input missing"},
    {69, "device, library or Slurm unavailable, or the network with --offline"},
    {71, "out of memory"},
    {73, "output exists"},
    {74, "write or download failed; a download goes on when run again"},
    {75, "stopped on request or out of time; run it again to go on"},
    {76, "run directory in use"},
    {77, "no permission"},
    {78, "configuration invalid"},
    {79, "cannot resume: the run directory belongs to another configuration"},
    {80, "every trial diverged"},
    {81, "finished, some trials failed"},
    {130, "ended at once by a second Ctrl-C"},
    {143, "ended at once by a second SIGTERM"},
}};

ExitCode list(const Globals& globals) {
  Json document = new_document(globals);
  document["exit_codes"] = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& [code, meaning] : kExitCodes) {
    document["exit_codes"].push_back({{"code", code}, {"meaning", meaning}});
    rows.push_back({std::to_string(code), meaning});
  }
  print_result(globals, document, format_table(rows));
  return ExitCode::ok;
}

}  // namespace

void declare_exit_codes(CLI::App& app, Session& session) {
  CLI::App* command = add_command(app, "exit-codes", "What each exit code means",
                                  "mirrortune run -c my.yaml; mirrortune exit-codes");
  on_parsed(*command, session, list);
}

}  // namespace mirrortune::cli
