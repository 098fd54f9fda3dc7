#include "train/state.h"

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune {
namespace {

constexpr std::array<const char*, 6> kStates = {"pending",      "running",  "done",
                                                "below_target", "diverged", "failed"};

}  // namespace

bool is_finished(TrialState state) {
  return state == TrialState::done || state == TrialState::below_target || state == TrialState::diverged;
}

std::string to_text(TrialState state) { return kStates[static_cast<std::size_t>(state)]; }

TrialState parse_trial_state(const std::string& text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (text == kStates[i]) return static_cast<TrialState>(i);
  }
  throw DataError({.what = "unknown state of a trial",
                   .where = printable(text),
                   .why = "it is one of pending, running, done, below_target, diverged, failed"});
}

}  // namespace mirrortune
