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
int lock_in_child(const std::filesystem::path& folder, LockMode mode = LockMode::alone) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      lock_folder(folder, mode);
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
    const std::string text = error.what();
    EXPECT_NE(text.find("process " + std::to_string(getpid()) + " on "), std::string::npos);
    EXPECT_NE(text.find(" since 20"), std::string::npos);
  }
}

TEST(FolderLock, SharersExcludeOnlyOneWhoWantsItAlone) {
  const test::TemporaryFolder folder;
  lock_folder(folder / "run", LockMode::shared);
  EXPECT_EQ(lock_in_child(folder / "run", LockMode::shared), 0);
  EXPECT_EQ(lock_in_child(folder / "run", LockMode::alone), 76);
}

TEST(FileLock, IsTakenOnceAndFreeWhenItsHolderIsGone) {
  const test::TemporaryFolder folder;
  const auto path = folder / "claims/cell/seed-00";
  {
    auto held = FileLock::try_lock(path);
    ASSERT_TRUE(held);
    EXPECT_FALSE(FileLock::try_lock(path));
    const auto moved = std::move(*held);
    held.reset();
    EXPECT_FALSE(FileLock::try_lock(path)) << "the lock moved along";
  }
  EXPECT_TRUE(FileLock::try_lock(path));
}

TEST(FolderLock, TheLockOfADeadProcessIsFree) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(lock_in_child(folder / "run"), 0);
  EXPECT_EQ(lock_in_child(folder / "run"), 0);
}

}  // namespace
}  // namespace mirrortune
