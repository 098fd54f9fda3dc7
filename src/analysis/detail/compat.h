#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/finished_trials.h"

namespace mirrortune::detail {

/// What the published arrays keep of one trial under one potential.
struct PublishedEntry {
  const FinishedTrial* trial;
  std::string evaluated_with;
  double delta_cdf;
  double change_magnitude;
  std::int64_t weights;  ///< analysed ones
};

/// Writes the authors' arrays, so that their plotting script reads them unchanged:
/// `<potential>_nd<N = D^this>_xent<logit penalty>_{density_mse,change_magnitude}_<evaluated_with>.npy`,
/// float64 [10 seeds, 10 networks], and `…_D_range.npy`, float64 [10 networks], NaN where the run has
/// nothing. Row i is the i-th smallest seed of the run. Sentences about trials that have no place there are
/// added to `notes`. Arrays of an earlier analysis are removed.
void write_published_arrays(const std::filesystem::path& folder, const std::vector<PublishedEntry>& entries,
                            std::vector<std::string>& notes);

}  // namespace mirrortune::detail
