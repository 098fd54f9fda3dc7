#pragma once

#include "geometry/identify.h"
#include "geometry/table.h"

namespace mirrortune {

/// What two sessions with no learning between them say of sizes that change all the same: the null that
/// learning is told from.
struct Control {
  SessionPair sessions = {};
  /// The changes taken as errors, of which each session's size has half the variance. Measurement and what
  /// synapses do of themselves are not told apart.
  MeasurementNoise noise = {};
  double median = 0;      ///< of the absolute sizes in both sessions
  double log_sd = 0;      ///< of ln abs(size) without these errors: √ of the covariance of both sessions
  double log_change = 0;  ///< sd of ln(after/before)
  Identification changes = {};  ///< the geometry of these changes themselves, without noise and bootstrap
};

/// The sizes of a table whose two sessions are the control. Throws as identify does.
Control control_of(const PairsTable& table, int threads = 1);

}  // namespace mirrortune
