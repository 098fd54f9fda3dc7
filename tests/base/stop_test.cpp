#include "base/stop.h"

#include <csignal>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

/// Exit code of a child that runs `body` and ends with what it returns; −1 if a signal ended it.
int exit_code_of(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Exit code of a child that receives `signals` after installing the handlers; 200 if it then goes on
/// without, 201 with a request to stop.
int exit_code_after(std::initializer_list<int> signals) {
  return exit_code_of([&] {
    install_signal_handlers();
    for (const int signal : signals) std::raise(signal);
    return stop_requested() ? 201 : 200;
  });
}

TEST(StopSignals, TheFirstOneOnlyAsksToStop) {
  EXPECT_EQ(exit_code_after({}), 200);
  EXPECT_EQ(exit_code_after({SIGINT}), 201);
  EXPECT_EQ(exit_code_after({SIGTERM}), 201);
  EXPECT_EQ(exit_code_after({SIGUSR1}), 201);
  EXPECT_EQ(exit_code_after({SIGUSR2}), 201);
}

TEST(StopSignals, TheSecondOneEndsTheProcessAtOnce) {
  EXPECT_EQ(exit_code_after({SIGINT, SIGINT}), 130);
  EXPECT_EQ(exit_code_after({SIGINT, SIGTERM}), 143);
}

TEST(StopSignals, HeldOnesAreHeardWhenTheHandlersAreInstalled) {
  EXPECT_EQ(exit_code_of([] {
              hold_stop_signals();
              std::raise(SIGTERM);
              const bool early = stop_requested();
              install_signal_handlers();
              return !early && stop_requested() ? 201 : 200;
            }),
            201);
}

TEST(StopSignals, TimeRunningOutAsksToStopToo) {
  EXPECT_EQ(exit_code_of([] {
              install_signal_handlers();
              stop_after(1);
              const bool at_once = stop_requested();
              pause();
              return !at_once && stop_requested() ? 201 : 200;
            }),
            201);
}

TEST(StopSignals, AFullFileOrAClosedPipeDoesNotKill) { EXPECT_EQ(exit_code_after({SIGXFSZ, SIGPIPE}), 200); }

}  // namespace
}  // namespace mirrortune
