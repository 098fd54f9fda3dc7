#include "train/detail/stop.h"

#include "base/error.h"
#include "base/stop.h"

namespace mirrortune {

void throw_stopped() {
  throw StoppedError({.what = "stopped on request",
                      .safe = "Everything that was finished is kept",
                      .todo = "Repeat the same command to go on"});
}

void stop_if_requested() {
  if (stop_requested()) throw_stopped();
}

}  // namespace mirrortune
