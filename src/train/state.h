#pragma once

#include <string>

namespace mirrortune {

/// States of a trial, or of a training of a search. `below_target`: finished, with a training accuracy under
/// the target.
enum class TrialState { pending, running, done, below_target, diverged, failed };

/// Is there nothing left to do for a trial in this state? A failed one is tried again.
bool is_finished(TrialState state);

/// "below_target".
std::string to_text(TrialState state);
/// Throws DataError for a text that is none of these.
TrialState parse_trial_state(const std::string& text);

}  // namespace mirrortune
