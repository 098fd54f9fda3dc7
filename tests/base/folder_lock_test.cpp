#include "base/folder_lock.h"

#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

/// The exit code of a child that tries to take the lock.
int lock_in_child(const std::filesystem::path& folder) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      lock_folder(folder);
    } catch (const Error& error) {
      _exit(static_cast<int>(error.code()));
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(FolderLock, ASecondTakerIsToldWhoHoldsIt) {
  const test::TemporaryFolder folder;
  lock_folder(folder / "run");
  try {
    lock_folder(folder / "run");
    FAIL() << "must throw";
  } catch (const BusyError& error) {
    EXPECT_NE(std::string(error.what()).find("process " + std::to_string(getpid())), std::string::npos);
  }
}

TEST(FolderLock, TheLockOfADeadProcessIsFree) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(lock_in_child(folder / "run"), 0);
  EXPECT_EQ(lock_in_child(folder / "run"), 0);
}

}  // namespace
}  // namespace mirrortune
