#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "experiment/run.h"

namespace mirrortune {

/// The run directory: where everything lies, and the tables and records in it.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path cell(const std::string& cell_name) const { return root_ / "cells" / cell_name; }
  std::filesystem::path trial(const std::string& cell_name, std::uint64_t seed) const {
    return cell(cell_name) / seed_folder_name(seed);
  }
  /// Of the trial in this folder, or of the search in a cell's.
  static std::filesystem::path checkpoints(const std::filesystem::path& folder) {
    return folder / "checkpoint";
  }
  std::filesystem::path subset(const std::string& name) const { return root_ / "subsets" / (name + ".csv"); }

  /// trial.json; none if the trial has none. Throws DataError if it cannot be read.
  std::optional<Json> trial_record(const std::string& cell_name, std::uint64_t seed) const;
  /// What trial.json says; pending without one.
  TrialState state_of(const std::string& cell_name, std::uint64_t seed) const;

  /// The row of index.csv of a trial: as its record says, or pending.
  TrialRow row(const CellOptions& cell, std::uint64_t seed) const;

  /// Writes index.csv.
  void write_index(std::span<const TrialRow> rows) const;
  /// Removes what an unfinished trial left; only its checkpoints and the snapshots before them
  /// stay.
  void remove_unfinished(const std::string& cell_name, std::uint64_t seed) const;

 private:
  std::filesystem::path root_;
};

/// The row of index.csv of a trial that has no record.
TrialRow pending_row(const CellOptions& cell, std::uint64_t seed);

/// The row of index.csv that a trial.json gives.
TrialRow row_of(const Json& record);

/// lr_search.csv.
void write_search_table(const std::filesystem::path& path, std::span<const SearchTraining> trainings);
/// Empty if there is no such file. Throws DataError if it is none of ours.
std::vector<SearchTraining> read_search_table(const std::filesystem::path& path);

/// metrics.csv.
void write_metrics(const std::filesystem::path& path, std::span<const EpochMetrics> epochs);

}  // namespace mirrortune
