#include "experiment/detail/claims.h"

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/stop.h"

namespace mirrortune {

bool Claims::take(const std::string& part, Claim& claim) const {
  if (alone_) return true;
  claim = FileLock::try_lock(folder_ / part);
  return claim.has_value();
}

Claims::Claim Claims::wait_for(const std::string& part) const {
  using namespace std::chrono_literals;
  Claim claim;
  while (!take(part, claim)) {
    if (stop_requested()) {
      throw StoppedError({.what = "stopped on request",
                          .why = "while another process worked on " + part,
                          .todo = "Repeat the same command to go on"});
    }
    std::this_thread::sleep_for(200ms);
  }
  return claim;
}

}  // namespace mirrortune
