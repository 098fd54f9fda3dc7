#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/folder_lock.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/runs/run_directory.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNone = "–";

/// An entry of the document of `runs ls`. A damaged run directory is one with a problem.
Json describe(const fs::path& path) {
  const FolderUse use = use_of(path);
  Json entry = {{"name", name_of(path)}, {"path", path.string()}, {"states", nullptr},
                {"host", nullptr},       {"version", nullptr},    {"disk_bytes", use.bytes}};
  entry["last_change"] = use.last_change.empty() ? Json(nullptr) : Json(use.last_change);
  entry["holder"] = nullptr;
  entry["problem"] = nullptr;
  try {
    if (const auto holder = folder_holder(path)) entry["holder"] = *holder;
    const RunDirectory run = read_run_directory(path);
    entry["states"] = count_states(run.trials);
    entry["host"] = text_at(run.manifest, "host.name");
    entry["version"] = text_at(run.manifest, "versions.mirrortune");
  } catch (const Error& error) {
    entry["problem"] = error.what();
  }
  return entry;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : kNone; }

std::vector<std::string> row_of(const Json& entry) {
  const Json& states = entry["states"];
  const auto count = [&](std::initializer_list<const char*> keys) {
    std::int64_t sum = 0;
    for (const char* key : keys) sum += states.is_null() ? 0 : states.at(key).get<std::int64_t>();
    return states.is_null() ? kNone : std::to_string(sum);
  };
  std::string note;
  if (entry["holder"].is_string()) note = "in use: " + entry["holder"].get<std::string>();
  // An error of a configuration is a list of lines; the first one must do here.
  if (entry["problem"].is_string()) note = "damaged: " + split(entry["problem"].get<std::string>(), '\n')[0];
  return {entry["path"].get<std::string>(),
          count({"done", "below_target"}),
          count({"failed"}),
          count({"diverged"}),
          count({"all"}),
          text_of(entry["host"]),
          text_of(entry["version"]),
          bytes_text(entry["disk_bytes"].get<double>()),
          text_of(entry["last_change"]),
          note};
}

ExitCode list(const Globals& globals, const std::vector<fs::path>& roots) {
  std::vector<fs::path> found;
  for (const auto& root : roots) {
    const auto below = find_run_directories(root);
    found.insert(found.end(), below.begin(), below.end());
  }
  std::ranges::sort(found, {}, [](const fs::path& path) { return std::pair(name_of(path), path); });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  Json runs = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"run", "finished", "failed", "diverged", "all", "host", "version", "size", "last change", "note"}};
  for (const auto& path : found) {
    runs.push_back(describe(path));
    rows.push_back(row_of(runs.back()));
  }
  Json document = new_document(globals);
  document["runs"] = std::move(runs);
  print_result(globals, document, found.empty() ? "There are no runs.\n" : format_table(rows));
  return ExitCode::ok;
}

}  // namespace

void declare_runs(CLI::App& app, Session& session) {
  CLI::App* group = add_command(app, "runs", "The run directories: list, look into, compare, remove",
                                "mirrortune runs ls\n"
                                "mirrortune runs show runs/demo\n"
                                "mirrortune runs diff runs/demo runs/again\n"
                                "mirrortune runs rm runs/again");
  group->require_subcommand(1);
  CLI::App* command =
      add_command(*group, "ls", "Every run directory: its trials, where it ran, its size, who uses it now",
                  "mirrortune runs ls\n"
                  "mirrortune runs ls /data/runs --json");
  auto roots = std::make_shared<std::vector<fs::path>>();
  command->add_option("root", *roots, "Folders to look below (default: runs)");
  on_parsed(*command, session, [=](const Globals& globals) {
    return list(globals, roots->empty() ? std::vector<fs::path>{"runs"} : *roots);
  });
  declare_runs_show(*group, session);
  declare_runs_diff(*group, session);
  declare_runs_rm(*group, session);
}

}  // namespace mirrortune::cli
