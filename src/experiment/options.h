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

/// A whole configuration file, resolved.
struct ExperimentOptions {
  std::string name;
  std::vector<CellOptions> cells;
  std::vector<std::uint64_t> seeds;
  AnalysisOptions analysis;
  std::filesystem::path output_root;  ///< the run directory is output_root / name
  std::string resolved_yaml;          ///< config.yaml of the run directory; loads again to the same options
};

/// One of several processes that run an experiment at once.
struct Shard {
  std::int64_t index = 1;  ///< 1 … count
  std::int64_t count = 1;
};

}  // namespace mirrortune
