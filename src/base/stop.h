#pragma once

#include <cstdint>

namespace mirrortune {

/// SIGINT and SIGTERM from now on only ask to stop; a second one ends the process at once (130, 143). SIGXFSZ
/// and SIGPIPE are ignored, so that a full file or a closed pipe is a failed write and not a death. Called
/// once by `main`.
void install_signal_handlers();

/// Asks to stop, as a signal does, once `seconds` have passed. Called after install_signal_handlers.
void stop_after(std::int64_t seconds);

/// True once a stop was asked for: finish the step, keep what is done, exit 75.
bool stop_requested();

}  // namespace mirrortune
