#include "base/file.h"

#include <array>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/stop.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, AppearsOnlyAtCommit) {
  const test::TemporaryFolder folder;
  {
    AtomicFile file(folder / "a.txt");
    file.write("half");
    EXPECT_FALSE(fs::exists(folder / "a.txt"));
    file.write(" whole");
    file.commit();
  }
  EXPECT_EQ(read_text_file(folder / "a.txt"), "half whole");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, WithoutACommitTheOldFileStaysAndNoTraceIsLeft) {
  const test::TemporaryFolder folder;
  write_file(folder / "a.txt", "old");
  {
    AtomicFile file(folder / "a.txt");
    file.write("new");
  }
  EXPECT_EQ(read_text_file(folder / "a.txt"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, AFullDiskIsAWriteErrorAndLeavesTheOldFile) {
  const test::TemporaryFolder folder;
  write_file(folder / "a.txt", "old");
  const pid_t child = fork();
  if (child == 0) {
    install_signal_handlers();
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(folder / "a.txt", std::string(5000, 'x'));
    } catch (const Error& error) {
      _exit(static_cast<int>(error.code()));
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(ExitCode::write));
  EXPECT_EQ(read_text_file(folder / "a.txt"), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, AMissingFolderIsAWriteErrorThatNamesTheFile) {
  const test::TemporaryFolder folder;
  try {
    write_file(folder / "no/a.txt", "x");
    FAIL() << "must throw";
  } catch (const WriteError& error) {
    EXPECT_NE(std::string(error.what()).find("no/a.txt"), std::string::npos);
  }
}

TEST(UnfinishedFiles, AreRemovedAndNothingElseIs) {
  const test::TemporaryFolder folder;
  make_folder(folder / "deep");
  for (const char* name : {".lock", ".index.csv", "a.b.a1B2c3", ".hidden.text.old", ".x.a1B2c-"}) {
    write_file(folder / name, "kept");
  }
  write_file(folder / ".index.csv.a1B2c3", "half");
  write_file(folder / "deep/.w.safetensors.ZZZZZZ", "half");
  remove_unfinished_files(folder.path());
  EXPECT_FALSE(fs::exists(folder / ".index.csv.a1B2c3"));
  EXPECT_FALSE(fs::exists(folder / "deep/.w.safetensors.ZZZZZZ"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 6);
}

TEST(UnfinishedFiles, GoWithTheFoldersThatTheyAreIn) {
  const test::TemporaryFolder folder;
  make_folder(folder / "checkpoint/.step-00000010.a1B2c3");
  write_file(folder / "checkpoint/.step-00000010.a1B2c3/state.safetensors", "half");
  make_folder(folder / "checkpoint/step-00000005");
  remove_unfinished_files(folder.path());
  EXPECT_FALSE(fs::exists(folder / "checkpoint/.step-00000010.a1B2c3"));
  EXPECT_TRUE(fs::exists(folder / "checkpoint/step-00000005"));
}

TEST(RemoveTree, RemovesWhatIsThereAndNothingElse) {
  const test::TemporaryFolder folder;
  make_folder(folder / "a/b");
  write_file(folder / "a/b/c", "text");
  write_file(folder / "d", "text");
  remove_tree(folder / "a");
  remove_tree(folder / "nothing");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(SyncFolder, OfNoFolderIsAnError) {
  const test::TemporaryFolder folder;
  sync_folder(folder.path());
  EXPECT_THROW(sync_folder(folder / "nothing"), WriteError);
}

TEST(ReadTextFile, RefusesWhatIsNoRegularFileWithoutBlocking) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_THROW(read_text_file(folder / "fifo"), DataError);
  EXPECT_THROW(read_text_file(folder.path()), DataError);
  EXPECT_THROW(read_text_file(folder / "missing"), MissingError);
}

TEST(RandomAccessFile, AFileThatGotShorterIsADataError) {
  const test::TemporaryFolder folder;
  write_file(folder / "a.bin", "0123456789");
  const RandomAccessFile file(folder / "a.bin");
  EXPECT_EQ(file.size(), 10U);
  std::array<std::byte, 4> bytes{};
  file.read(6, bytes);
  EXPECT_EQ(bytes[3], std::byte{'9'});
  fs::resize_file(folder / "a.bin", 7);
  EXPECT_THROW(file.read(6, bytes), DataError);
}

TEST(MoveIntoPlace, GivesAFileTheNameOfAnother) {
  const test::TemporaryFolder folder;
  write_file(folder / "a.part", std::string_view("new"));
  write_file(folder / "a", std::string_view("old"));
  move_into_place(folder / "a.part", folder / "a");
  EXPECT_EQ(read_text_file(folder / "a"), "new");
  EXPECT_FALSE(fs::exists(folder / "a.part"));
  EXPECT_THROW(move_into_place(folder / "absent", folder / "a"), WriteError);
}

}  // namespace
}  // namespace mirrortune
