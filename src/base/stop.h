#pragma once

namespace mirrortune {

/// SIGINT and SIGTERM from now on only ask to stop; a second one ends the process at once (130, 143). SIGXFSZ
/// and SIGPIPE are ignored, so that a full file or a closed pipe is a failed write and not a death. Called
/// once by `main`.
void install_signal_handlers();

/// True once a stop was asked for: finish the step, keep what is done, exit 75.
bool stop_requested();

}  // namespace mirrortune
