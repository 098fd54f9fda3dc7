#pragma once

namespace mirrortune {

/// Called between steps. Throws StoppedError, with a sentence that says how to go on, once a stop was asked
/// for.
void stop_if_requested();

}  // namespace mirrortune
