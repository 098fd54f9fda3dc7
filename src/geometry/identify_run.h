#pragma once

#include <filesystem>

#include "analysis/options.h"

namespace mirrortune {

/// Which geometry the changes of every finished trial of a run directory follow: writes
/// analysis/geometry.csv,
/// model,potential,seed,epoch,layer,n,lambda,lambda_low,lambda_high,flips,zeros,unchanged,drift,log_sd_w0,cell
/// with a row for each layer, one for `all` (of their summed likelihoods) and one for `median`, of the final
/// weights (`epoch` empty) and of every snapshot in between; the interval is of 95 %. What is not known is an
/// empty cell. The bytes do not depend on `threads` (0: all cores). Throws as analyze_run.
void identify_run(const std::filesystem::path& run_dir, HeadRule head, int threads);

}  // namespace mirrortune
