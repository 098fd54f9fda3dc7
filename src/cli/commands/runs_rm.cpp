#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <memory>

#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/folder_lock.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/runs/run_directory.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCannotRemove = "cannot remove";

/// A run directory that is to go.
struct Doomed {
  fs::path path;  ///< in a folder without links, and no link itself
  fs::path given;
  FolderUse use;
  bool half_removed = false;  ///< only what an earlier removal left is there

  /// Where it is moved first, so that a removal that is killed leaves no half of a run.
  fs::path hidden() const { return path.parent_path() / ("." + path.filename().string() + ".removed"); }
};

/// The place of a run directory with the links of its parents resolved, not its own.
fs::path place_of(const fs::path& given) {
  std::error_code error;
  fs::path whole = fs::absolute(given).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const fs::path parent = fs::canonical(whole.parent_path(), error);
  if (error) throw_read_error(kCannotRemove, given.string(), error.value());
  return parent / whole.filename();
}

Doomed examine(const fs::path& given) {
  Doomed run{.path = place_of(given), .given = given, .use = {}};
  std::error_code ignored;
  if (fs::is_symlink(fs::symlink_status(run.path, ignored))) {
    throw DataError({.what = kCannotRemove,
                     .where = given.string(),
                     .why = "it is a symbolic link",
                     .safe = "Nothing was removed",
                     .todo = "Give the folder that it points to, and remove the link yourself"});
  }
  run.half_removed = !fs::exists(run.path, ignored) && fs::is_directory(run.hidden(), ignored);
  if (!run.half_removed) require_run_directory(kCannotRemove, run.path);
  run.use = use_of(run.half_removed ? run.hidden() : run.path);
  return run;
}

/// Waits for a line on a terminal. Throws StoppedError at a stop signal.
std::string read_answer() {
  constexpr int kLookMs = 100;  // a signal may come just before the wait
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, kLookMs) <= 0) {
    if (stop_requested()) throw StoppedError({.what = "stopped on request", .safe = "Nothing was removed"});
  }
  std::string line;
  std::getline(std::cin, line);
  return line;
}

/// Does the person at the terminal want this?
bool is_confirmed(const std::vector<Doomed>& runs) {
  std::string list;
  for (const auto& run : runs) {
    list +=
        "  " + printable(run.given.string()) + "  " + bytes_text(static_cast<double>(run.use.bytes)) + "\n";
  }
  const std::string question = list + "Remove " + (runs.size() == 1 ? "it" : "them") + "? [y/N] ";
  std::fwrite(question.data(), 1, question.size(), stderr);
  const std::string answer(trim(read_answer()));
  return answer == "y" || answer == "Y" || answer == "yes";
}

void remove(const Doomed& run) {
  if (!run.half_removed) {
    remove_tree(run.hidden());  // of an earlier run of this name
    if (::rename(run.path.c_str(), run.hidden().c_str()) != 0) {
      throw_write_error(kCannotRemove, run.path.string(), errno);
    }
    sync_folder(run.path.parent_path());
  }
  remove_tree(run.hidden());
}

struct RemoveArguments {
  std::vector<fs::path> runs;
  bool yes = false;
};

ExitCode perform(const Globals& globals, const RemoveArguments& arguments) {
  std::vector<Doomed> runs;
  for (const auto& given : arguments.runs) {
    Doomed run = examine(given);
    if (std::ranges::find(runs, run.path, &Doomed::path) == runs.end()) runs.push_back(std::move(run));
  }
  if (!arguments.yes && ::isatty(STDIN_FILENO) != 1) {
    throw UsageError({.what = kCannotRemove,
                      .where = runs.front().given.string(),
                      .why = "nobody can be asked",
                      .safe = "Nothing was removed",
                      .todo = "Give --yes to remove it without being asked"});
  }
  for (const auto& run : runs) {
    if (!run.half_removed) lock_folder(run.path);  // until the program ends
  }
  const bool wanted = arguments.yes || is_confirmed(runs);
  Json removed = Json::array();
  std::string text;
  for (const auto& run : runs) {
    if (!wanted) break;
    remove(run);
    removed.push_back({{"path", run.given.string()}, {"disk_bytes", run.use.bytes}});
    text += "removed " + printable(run.given.string()) + ", " +
            bytes_text(static_cast<double>(run.use.bytes)) + "\n";
  }
  Json document = new_document(globals);
  document["removed"] = std::move(removed);
  print_result(globals, document, wanted ? text : "Nothing was removed.\n");
  return ExitCode::ok;
}

}  // namespace

void declare_runs_rm(CLI::App& runs, Session& session) {
  CLI::App* command =
      add_command(runs, "rm",
                  "Removes run directories with all that is in them; not while a process uses "
                  "one.\nAfter a removal that was killed, the same command finishes it",
                  "mirrortune runs rm runs/again\n"
                  "mirrortune runs rm runs/a runs/b --yes");
  auto arguments = std::make_shared<RemoveArguments>();
  command->add_option("run", arguments->runs, "Run directories")->required();
  command->add_flag("--yes", arguments->yes, "Do not ask");
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
