#pragma once

namespace mirrortune {

/// Throws StoppedError with a sentence that says how to go on.
[[noreturn]] void throw_stopped();

/// Called between batches: throws it once a stop was asked for.
void stop_if_requested();

}  // namespace mirrortune
