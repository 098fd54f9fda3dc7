#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/options.h"

namespace mirrortune::cli {

/// A trial of a run: one that the configuration asks for, or one that has a record all the same.
struct RunTrial {
  std::string cell;
  std::string model;
  std::string potential;
  std::uint64_t seed = 0;
  std::string state = "pending";
  std::filesystem::path folder = {};  ///< empty without a record
  Json record = nullptr;              ///< trial.json; null without one

  bool recorded() const { return !record.is_null(); }
  /// "<cell> seed <seed>", for people.
  std::string name() const { return cell + " seed " + std::to_string(seed); }
};

/// What a run directory says of itself.
struct RunDirectory {
  std::filesystem::path path;
  Json manifest;                 ///< manifest.json: an object
  ExperimentOptions options;     ///< config.yaml
  std::vector<RunTrial> trials;  ///< in the order of the grid
};

/// Is it a folder with at least two of config.yaml, manifest.json, cells and .lock? A damaged run directory
/// is one too.
bool is_run_directory(const std::filesystem::path& path);

/// Throws MissingError if there is no such folder, DataError if it is no run directory; `what` begins the
/// sentence.
void require_run_directory(const std::string& what, const std::filesystem::path& path);

/// Reads it without LibTorch. Throws as require_run_directory; MissingError, DataError or ConfigError for the
/// first of its files that is missing or damaged.
RunDirectory read_run_directory(const std::filesystem::path& path);

/// The trials that have a record, by cell and seed. Throws DataError for a record that is none.
std::vector<RunTrial> recorded_trials(const std::filesystem::path& run_directory);

/// Its own name, also of "." and of a path that ends with a slash.
std::string name_of(const std::filesystem::path& path);

/// `root` itself if it is a run directory, else all below it, by path. Hidden folders and symbolic links are
/// not entered, but a link to a run directory counts. Throws MissingError if there is no such folder.
std::vector<std::filesystem::path> find_run_directories(const std::filesystem::path& root);

/// What lies in a folder; links are not followed.
struct FolderUse {
  std::uint64_t bytes = 0;    ///< sum of the files' sizes
  std::string last_change{};  ///< of a file but .lock: "2026-11-25T10:00:00Z"; "" without files
};
FolderUse use_of(const std::filesystem::path& folder);

/// How many trials are in each state; keys in the order of a trial's life, `all` first.
Json count_states(const std::vector<RunTrial>& trials);

/// A text at a dotted path of a document ("versions.libtorch"); "–" if there is none.
std::string text_at(const Json& document, const std::string& path);

}  // namespace mirrortune::cli
