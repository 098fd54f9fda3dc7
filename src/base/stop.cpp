#include "base/stop.h"

#include <csignal>

#include <unistd.h>

namespace mirrortune {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

extern "C" void handle_stop(int signal) {
  if (stop_signal != 0) _exit(128 + signal);
  stop_signal = signal;
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = handle_stop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return stop_signal != 0; }

}  // namespace mirrortune
