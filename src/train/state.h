#pragma once

#include <string>

namespace mirrortune {

/// States of a trial, or of a training of a search. `below_target`: finished, with a training accuracy under
/// the target.
enum class TrialState { pending, running, done, below_target, diverged, failed };

/// "below_target".
std::string to_text(TrialState state);
/// Throws DataError for a text that is none of these.
TrialState parse_trial_state(const std::string& text);

}  // namespace mirrortune
