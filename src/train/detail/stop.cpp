#include "train/detail/stop.h"

#include "base/error.h"
#include "base/stop.h"

namespace mirrortune {

void stop_if_requested() {
  if (!stop_requested()) return;
  throw StoppedError({.what = "stopped on request",
                      .safe = "Everything that was finished is kept",
                      .todo = "Repeat the same command to go on"});
}

}  // namespace mirrortune
