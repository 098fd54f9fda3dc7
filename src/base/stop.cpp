#include "base/stop.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <limits>

#include <unistd.h>

namespace mirrortune {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

extern "C" void handle_alarm(int signal) {
  if (stop_signal == 0) stop_signal = signal;
}

extern "C" void handle_stop(int signal) {
  if (stop_signal != 0) _exit(128 + signal);
  stop_signal = signal;
}

constexpr std::array<int, 4> kStopSignals = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

void mask_stop_signals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kStopSignals) sigaddset(&signals, signal);
  ::sigprocmask(how, &signals, nullptr);
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = handle_stop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : kStopSignals) ::sigaction(signal, &action, nullptr);
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  mask_stop_signals(SIG_UNBLOCK);
}

void hold_stop_signals() { mask_stop_signals(SIG_BLOCK); }

void stop_after(std::int64_t seconds) {
  struct sigaction action {};
  action.sa_handler = handle_alarm;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(static_cast<unsigned>(std::clamp<std::int64_t>(seconds, 1, std::numeric_limits<unsigned>::max())));
}

bool stop_requested() { return stop_signal != 0; }

}  // namespace mirrortune
