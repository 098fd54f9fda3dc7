#pragma once

#include <string>
#include <vector>

#include "report/detail/format.h"
#include "report/detail/run_data.h"

namespace mirrortune::report {

/// Under which potential the pooled change of one group of trials (a network trained with a potential) is
/// closest to Gaussian.
struct Verdict {
  std::string network, potential;
  Spread own;              ///< ΔCDF under its own potential, over the seeds
  std::string closest;     ///< the potential with the smallest mean ΔCDF; empty if no value is finite
  Spread closest_value;    ///< that ΔCDF
  int evaluated = 0;       ///< potentials with a finite ΔCDF
  int seeds = 0;           ///< seeds with a finite ΔCDF
  int seeds_agreeing = 0;  ///< among them, those that alone would name `closest`
  Spread floor_pooled;     ///< under its own potential: what Gaussian layers of the same scales give

  bool own_is_closest() const { return !closest.empty() && closest == potential; }
};

/// One verdict for each network and potential that has trials, in the page's order.
std::vector<Verdict> judge(const RunData& data);

/// The report's first paragraph, as plain text: what the figures show, or why they show nothing yet.
std::string verdict_in_words(const RunData& data, const std::vector<Verdict>& verdicts);
/// What became of the trials: how many finished, diverged, stayed under the target.
std::string trials_in_words(const RunData& data);

}  // namespace mirrortune::report
