#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mirrortune::cli {

/// A key whose values differ; none where it is absent.
struct KeyDifference {
  std::string key;
  std::optional<std::string> a, b;

  bool operator==(const KeyDifference&) const = default;
};

/// How a file of one run differs from the other's. `metadata`: the same tensors, but other text beside them.
enum class FileState { bits, metadata, only_a, only_b };
struct FileDifference {
  std::string file;  ///< relative to the run directory
  FileState state;
};

/// A trial that both runs have a record of, and what differs.
struct TrialComparison {
  std::string cell;
  std::uint64_t seed = 0;
  std::vector<KeyDifference> made_with;  ///< its identity, versions and machine
  std::vector<KeyDifference> result;     ///< everything else in trial.json, but for the time
  std::vector<FileDifference> files;     ///< its weights and metrics

  /// Nothing that was computed differs.
  bool same_results() const;
};

/// A trial that one of the runs has a record of.
struct CellSeed {
  std::string cell;
  std::uint64_t seed = 0;
};

/// What differs between two run directories. The name and the place of a run and times are left out.
struct RunComparison {
  std::vector<KeyDifference> configuration;  ///< config.yaml
  std::vector<KeyDifference> manifest;       ///< versions, machine, weights, data
  std::vector<TrialComparison> trials;       ///< in both, by cell and seed
  std::vector<FileDifference> files;         ///< subsets, searches, analysis
  std::vector<CellSeed> only_a, only_b;

  /// The same trials with the same results, whatever they were made with.
  bool same_results() const;
  /// Nothing differs.
  bool same() const;
};

/// Throws as read_run_directory, but reads configurations of other versions too.
RunComparison compare_runs(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace mirrortune::cli
