#pragma once

#include <filesystem>
#include <string>

#include "analysis/options.h"
#include "analysis/table.h"

namespace mirrortune {

/// Which layers are pooled in rows of their own, besides all of them: none; those of one block, the path of
/// the module up to its first number ("block:layer1.0"); those of one kind by their shape ("kind:conv",
/// "kind:depthwise", "kind:linear").
enum class GroupBy { none, block, kind };

/// What only a comparison of two files needs to be told.
struct PairOptions {
  std::string layers = "*";    ///< shell pattern (*, ?, [abc]) of the tensors' names to compare
  std::string head_name = {};  ///< modules of the head ("fc"; "encoder.fc,predictor"), where the files'
                               ///< metadata key `head` does not say it
  GroupBy group_by = GroupBy::none;
  /// Samples of the parametric bootstrap that gives `all` and the groups their p_bootstrap; 0: none. Each
  /// costs about 0.1 µs per weight, potential and row.
  int bootstrap = 0;
  int threads = 0;  ///< 0: as many as there are cores; the result does not depend on it
};

/// Compares two weights files of any origin on all floating tensors of two or more dimensions that both hold
/// in one shape, under each potential of `options`; other tensors are named in the notes. Rows: per potential
/// each tensor, the groups, `all`, `all_standardised`, `median`. Weights that are not finite are left out
/// with a note. Memory: a few layers of both files. Throws WeightsError if a file is refused or nothing is
/// left to compare, MissingError, UsageError for a potential's text.
AnalysisTable analyze_pair(const std::filesystem::path& init, const std::filesystem::path& final_weights,
                           const AnalysisOptions& options, const PairOptions& pair = {});

/// Analyses every finished trial (state done or below_target in its trial.json) of a run directory with its
/// own potential and those of `options`, and writes analysis/delta_cdf.csv, analysis/histograms.csv,
/// analysis/quantiles.csv, analysis/trajectories.csv (of the trials with snapshots between the first and the
/// final weights) and analysis/compat/*.npy; the bytes do not depend on `threads`. The rows returned
/// carry no histograms and Q–Q tables (they stand in the files). Without a finished trial the tables have no
/// rows and a note says so. Throws DataError or MissingError if the run directory is not one or a snapshot is
/// missing, WeightsError, WriteError.
AnalysisTable analyze_run(const std::filesystem::path& run_dir, const AnalysisOptions& options,
                          int threads = 0);

}  // namespace mirrortune
