#pragma once

namespace mirrortune::detail {

/// Once per process: OpenCV runs on the calling thread only, since our own threads use all cores, and reports
/// errors by exceptions without printing them.
void set_up_opencv();

}  // namespace mirrortune::detail
