#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/runs/compare.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

Json optional_json(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

Json keys_json(const std::vector<KeyDifference>& keys) {
  Json list = Json::array();
  for (const auto& [key, a, b] : keys) {
    list.push_back({{"key", key}, {"a", optional_json(a)}, {"b", optional_json(b)}});
  }
  return list;
}

const char* name_of(FileState state) {
  switch (state) {
    case FileState::metadata:
      return "metadata";
    case FileState::only_a:
      return "only_a";
    case FileState::only_b:
      return "only_b";
    case FileState::bits:
      break;
  }
  return "bits";
}

const char* words_for(FileState state) {
  switch (state) {
    case FileState::metadata:
      return "the same weights with other metadata";
    case FileState::only_a:
      return "only in a";
    case FileState::only_b:
      return "only in b";
    case FileState::bits:
      break;
  }
  return "other bits";
}

Json files_json(const std::vector<FileDifference>& files) {
  Json list = Json::array();
  for (const auto& [file, state] : files) list.push_back({{"file", file}, {"differs", name_of(state)}});
  return list;
}

Json names_json(const std::vector<CellSeed>& trials) {
  Json list = Json::array();
  for (const auto& [cell, seed] : trials) list.push_back({{"cell", cell}, {"seed", seed}});
  return list;
}

Json to_json(const RunComparison& comparison) {
  Json document = {{"same", comparison.same()},
                   {"same_results", comparison.same_results()},
                   {"configuration", keys_json(comparison.configuration)},
                   {"manifest", keys_json(comparison.manifest)},
                   {"trials", Json::array()},
                   {"files", files_json(comparison.files)},
                   {"only_a", names_json(comparison.only_a)},
                   {"only_b", names_json(comparison.only_b)}};
  for (const auto& trial : comparison.trials) {
    document["trials"].push_back({{"cell", trial.cell},
                                  {"seed", trial.seed},
                                  {"same_results", trial.same_results()},
                                  {"made_with", keys_json(trial.made_with)},
                                  {"result", keys_json(trial.result)},
                                  {"files", files_json(trial.files)}});
  }
  return document;
}

std::string line_of(const KeyDifference& difference) {
  const auto shown = [](const std::optional<std::string>& text) {
    return text ? printable(*text) : std::string("absent");
  };
  return "  " + printable(difference.key) + ": " + shown(difference.a) + " | " + shown(difference.b);
}

std::string section(const std::string& title, const std::vector<std::string>& lines) {
  return lines.empty() ? "" : title + "\n" + join(lines, "\n") + "\n\n";
}

std::vector<std::string> lines_of(const std::vector<KeyDifference>& keys) {
  std::vector<std::string> lines;
  for (const auto& difference : keys) lines.push_back(line_of(difference));
  return lines;
}

std::vector<std::string> lines_of(const std::vector<FileDifference>& files) {
  std::vector<std::string> lines;
  for (const auto& [file, state] : files) lines.push_back("  " + printable(file) + ": " + words_for(state));
  return lines;
}

/// What the trials were made with: usually the same keys differ for all of them, so each is told once.
std::string made_with_text(const std::vector<TrialComparison>& trials) {
  std::vector<std::pair<KeyDifference, std::size_t>> found;
  for (const auto& trial : trials) {
    for (const auto& difference : trial.made_with) {
      const auto known = std::ranges::find(found, difference, &decltype(found)::value_type::first);
      if (known == found.end()) {
        found.emplace_back(difference, 1);
      } else {
        ++known->second;
      }
    }
  }
  std::vector<std::string> lines;
  for (const auto& [difference, count] : found) {
    lines.push_back(line_of(difference) + "  (" + std::to_string(count) + " of " +
                    std::to_string(trials.size()) + " trials)");
  }
  return section("what the trials were made with", lines);
}

std::string trials_text(const std::vector<TrialComparison>& trials) {
  std::string text;
  for (const auto& trial : trials) {
    auto lines = lines_of(trial.result);
    const auto files = lines_of(trial.files);
    lines.insert(lines.end(), files.begin(), files.end());
    text += section(printable(trial.cell) + " seed " + std::to_string(trial.seed), lines);
  }
  return text;
}

std::string names_text(const char* title, const std::vector<CellSeed>& trials) {
  std::vector<std::string> lines;
  for (const auto& [cell, seed] : trials)
    lines.push_back("  " + printable(cell) + " seed " + std::to_string(seed));
  return section(title, lines);
}

/// The last line: what all of it comes to.
std::string verdict(const RunComparison& comparison) {
  const std::string trials = std::to_string(comparison.trials.size());
  if (comparison.same()) return "The runs are the same: " + trials + " trials.\n";
  if (comparison.same_results()) {
    return "The results are the same, " + trials + " trials; what they were made with differs.\n";
  }
  const auto differing =
      std::ranges::count_if(comparison.trials, [](const auto& trial) { return !trial.same_results(); });
  const auto alone = comparison.only_a.size() + comparison.only_b.size();
  return "The results differ: in " + std::to_string(differing) + " of " + trials +
         " trials that both have, in " + std::to_string(comparison.files.size()) + " other files; " +
         std::to_string(alone) + " trials stand in one run only.\n";
}

std::string to_text(const RunComparison& comparison) {
  return section("configuration", lines_of(comparison.configuration)) +
         section("versions and machine", lines_of(comparison.manifest)) + made_with_text(comparison.trials) +
         trials_text(comparison.trials) +
         section("subsets, searches and analysis", lines_of(comparison.files)) +
         names_text("only in a", comparison.only_a) + names_text("only in b", comparison.only_b) +
         verdict(comparison);
}

}  // namespace

void declare_runs_diff(CLI::App& runs, Session& session) {
  CLI::App* command =
      add_command(runs, "diff",
                  "Which keys, versions and bits of two runs differ; their names, places and times are left "
                  "out.\nThe exit code is 0 whether they differ or not",
                  "mirrortune runs diff runs/demo runs/again\n"
                  "mirrortune runs diff runs/demo runs/again --json");
  auto a = std::make_shared<fs::path>();
  auto b = std::make_shared<fs::path>();
  command->add_option("a", *a, "Run directory")->required();
  command->add_option("b", *b, "Run directory")->required();
  on_parsed(*command, session, [=](const Globals& globals) {
    const RunComparison comparison = compare_runs(*a, *b);
    Json document = new_document(globals);
    document["a"] = a->string();
    document["b"] = b->string();
    document.update(to_json(comparison));
    print_result(globals, document, to_text(comparison));
    return ExitCode::ok;
  });
}

}  // namespace mirrortune::cli
