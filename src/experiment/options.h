#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "analysis/options.h"
#include "dataset/options.h"
#include "models/options.h"
#include "optim/options.h"
#include "train/options.h"

namespace mirrortune {

/// One combination of the grid, fully resolved: every map by model or potential is reduced to this cell's
/// value.
struct CellOptions {
  std::string name;       ///< folder under cells/: `<model>__<potential>` and `__key=value` for further axes
  std::string potential;  ///< canonical text
  ModelOptions model;
  DataOptions data;
  TrainOptions train;
  OptimizerOptions optimizer;
  SearchOptions lr;
  SnapshotOptions snapshots;
  RuntimeOptions runtime;
  /// Every resolved key that can change this cell's weights, dotted, with its canonical value
  /// ("train.epochs", "30"), in the schema's order. A trial's identity is the SHA-256 of these and its seed;
  /// output, analysis, the seeds' list and the grid itself are not among them.
  std::vector<std::pair<std::string, std::string>> identity;
};

/// What a run does once a trial has failed: the others, or nothing more.
enum class OnFailure { keep_going, fail_fast };

/// How an experiment is worked through, of what `runtime:` says; changes no bit of it.
struct ScheduleOptions {
  int parallel = 1;  ///< trainings side by side; 0 (`auto`): as many as are fastest, by a measurement
  OnFailure on_failure = OnFailure::keep_going;
  bool pack_images = false;  ///< decoded images are kept in the run directory, for all processes and starts
};

/// A whole configuration file, resolved.
struct ExperimentOptions {
  std::string name;
  std::vector<CellOptions> cells;
  std::vector<std::uint64_t> seeds;
  AnalysisOptions analysis;
  ScheduleOptions schedule;
  std::filesystem::path output_root;  ///< the run directory is output_root / name
  std::string resolved_yaml;          ///< config.yaml of the run directory; loads again to the same options
};

/// One of several processes that run an experiment at once.
struct Shard {
  std::int64_t index = 1;  ///< 1 … count
  std::int64_t count = 1;
};

}  // namespace mirrortune
