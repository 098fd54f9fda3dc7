#pragma once

#include <optional>
#include <vector>

#include "experiment/estimate.h"
#include "experiment/options.h"
#include "experiment/plan.h"
#include "experiment/run.h"

namespace mirrortune {

/// A planned trial and how far it is.
struct TrialStatus {
  PlannedTrial trial;
  TrialRow row = {};                        ///< as its record says
  int epochs_done = 0;                      ///< as its newest checkpoint says; all of a finished one
  int epochs = 0;                           ///< as its search has found, else as configured
  double seconds_spent = 0;                 ///< its own, up to the newest checkpoint
  std::optional<double> seconds_left = {};  ///< none while no trial of its model has taken an epoch
};

/// The state of an experiment.
struct ExperimentStatus {
  std::vector<TrialStatus> trials = {};
  std::optional<double> search_seconds_left =
      {};  ///< of all searches that the trials still need; none as above
};

/// Reads the run directory alone, no image and no weights. An epoch of a trial is taken to last as long as
/// those of its cell did so far, else of its model, else as was measured. Throws DataError for a record that
/// cannot be read.
ExperimentStatus status_of(const ExperimentOptions& options, const std::vector<PlannedTrial>& trials,
                           const EpochSeconds& measured = {});

}  // namespace mirrortune
