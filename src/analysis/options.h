#pragma once

#include <string>
#include <vector>

namespace mirrortune {

/// Is the last layer part of the analysis? `exclude`: the real head by its module is left out.
/// `as_published`: every layer whose name contains "fc" is left out, as the authors' scripts do. `include`:
/// everything counts.
enum class HeadRule { exclude, include, as_published };

/// What a configuration's `analysis:` says.
struct AnalysisOptions {
  /// Canonical texts (potential/potential.h) of the potentials that evaluate each change.
  std::vector<std::string> potentials = {"negative_entropy", "1.5-norm", "2-norm", "2.5-norm", "3-norm"};
  HeadRule head = HeadRule::exclude;
  bool center = false;  ///< subtract the mean dual change first
};

}  // namespace mirrortune
