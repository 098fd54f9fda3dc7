#include "base/command.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace mirrortune {
namespace {

TEST(RunCommand, GivesTheExitCodeAndBothStreams) {
  const CommandResult result = run_command({"sh", "-c", "echo \"$1\"; echo no >&2; exit 3", "sh", "a  b"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "a  b\n");
  EXPECT_EQ(result.err, "no\n");
}

TEST(RunCommand, TakesAnyAmountOfOutputAndGivesNoInput) {
  EXPECT_EQ(run_command({"sh", "-c", "cat; head -c 1000000 /dev/zero"}).out, std::string(1'000'000, '\0'));
}

TEST(RunCommand, TellsASignalAsAShellDoes) { EXPECT_EQ(run_command({"sh", "-c", "kill -9 $$"}).code, 137); }

TEST(RunCommand, AProgramThatIsNotThereIsADeviceError) {
  EXPECT_THROW(run_command({"mirrortune-no-such-program"}), DeviceError);
}

}  // namespace
}  // namespace mirrortune
