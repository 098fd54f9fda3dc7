#include "base/shell.h"

#include <gtest/gtest.h>

#include "base/command.h"

namespace mirrortune {
namespace {

TEST(ShellWord, LeavesPlainWordsAsTheyAre) {
  EXPECT_EQ(shell_word("runs/demo-1_a.b"), "runs/demo-1_a.b");
  EXPECT_EQ(shell_word("seed=03"), "seed=03");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(ShellWord, IsTheSameTextToAShell) {
  for (const char* text :
       {"", " ", "a b", "it's", "\"$HOME\" `x` \\ * ? ~ ; & | < > ( ) # !", "two\nlines", "é"}) {
    EXPECT_EQ(run_command({"sh", "-c", "printf %s " + shell_word(text)}).out, text);
  }
}

}  // namespace
}  // namespace mirrortune
