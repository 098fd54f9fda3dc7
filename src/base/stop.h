#pragma once

#include <cstdint>

namespace mirrortune {

/// SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 from now on only ask to stop; a second one ends the process at once
/// (128 + its number: 130, 143). SIGXFSZ and SIGPIPE are ignored, so that a full file or a
/// closed pipe is a failed write and not a death. What hold_stop_signals held is heard now. Called once by
/// `main`.
void install_signal_handlers();

/// Keeps these four signals pending from now on, over `exec` too, so that none is lost between the handlers
/// of two programs. One that came before is in stop_requested() still.
void hold_stop_signals();

/// Asks to stop, as a signal does, once `seconds` have passed. Called after install_signal_handlers.
void stop_after(std::int64_t seconds);

/// True once a stop was asked for: finish the step, keep what is done, exit 75.
bool stop_requested();

}  // namespace mirrortune
