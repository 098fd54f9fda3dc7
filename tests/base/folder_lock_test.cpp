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

TEST(FolderHolder, NamesWhoHasTheLockAndTakesNothing) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(folder_holder(folder / "run")) << "there is no such folder";
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  EXPECT_EQ(lock_in_child(folder / "run"), 0);
  EXPECT_FALSE(folder_holder(folder / "run")) << "the child is gone";
  for (const LockMode mode : {LockMode::shared, LockMode::alone}) {
    const auto run = folder / (mode == LockMode::shared ? "shared" : "alone");
    lock_folder(run, mode);
    const auto holder = folder_holder(run);
    ASSERT_TRUE(holder);
    EXPECT_NE(holder->find("process " + std::to_string(getpid()) + " on "), std::string::npos);
    EXPECT_EQ(folder_holder(run), holder) << "asking changes nothing";
  }
}

TEST(FolderLock, IsTakenWhereTheFolderIsNotWhereItWas) {
  const test::TemporaryFolder folder;
  lock_folder(folder / "run");
  std::filesystem::rename(folder / "run", folder / "away");
  EXPECT_EQ(lock_in_child(folder / "run"), 0) << "another folder of that name is free";
  EXPECT_EQ(lock_in_child(folder / "away"), 76);
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
