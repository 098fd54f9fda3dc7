#include <string>

#include <gmock/gmock.h>

#include "base/stream.h"

#include "config_file.h"

namespace mirrortune::test {
namespace {

using testing::HasSubstr;

const std::string kRich = kSmallest +
                          "lr: {search: [1e-3, 1e-2], select: lowest_loss}\n"
                          "seeds: {list: [0, 3, 7]}\n"
                          "output:\n  root: \"ru\\tns\"\n"
                          "# a comment\n"
                          "snapshots: {epochs: [1, 2], full: false}\n";

TEST(HostileYaml, AnyChangedByteLoadsOrIsAConfigError) {
  const ConfigFile config(kRich);
  const Stream draw(1, "mutations");
  const std::string alphabet = "[]{}:,-&*!|>'\"%@`#?\n\t \\~<=ab01\x7f\xc3\xff";
  for (std::uint64_t i = 0; i < 3000; ++i) {
    std::string text = kRich;
    for (std::uint64_t k = 0; k <= draw.below(10 * i, 4); ++k) {
      const auto at = draw.below(10 * i + 2 * k + 1, text.size());
      text[at] = alphabet[draw.below(10 * i + 2 * k + 2, alphabet.size())];
    }
    config.write(text);
    EXPECT_NO_THROW(config.error()) << text;
  }
}

TEST(HostileYaml, AnyTruncationLoadsOrIsAConfigError) {
  const ConfigFile config(kRich);
  for (std::size_t length = 0; length < kRich.size(); ++length) {
    config.write(kRich.substr(0, length));
    EXPECT_NO_THROW(config.error()) << length;
  }
}

TEST(HostileYaml, DeepNestingIsRefusedWithoutDeepRecursion) {
  for (const char* piece : {"[", "{a: ", "- ", "? ", "a: [", "!!a ", "&a [", "{? ", "[? "}) {
    std::string text;
    while (text.size() < 500'000) text += piece;
    EXPECT_NE(ConfigFile(text).error(), "") << piece;
  }
}

TEST(HostileYaml, AHugeFileIsRefusedUnread) {
  EXPECT_THAT(ConfigFile(kSmallest + std::string(2 << 20, '#')).error(), HasSubstr("bytes, at most 1048576"));
}

TEST(HostileYaml, ThousandsOfErrorsAreCutShort) {
  std::string text = kSmallest;
  for (int i = 0; i < 5000; ++i) text += "zz" + std::to_string(i) + ": 1\n";
  const std::string message = ConfigFile(text).error();
  EXPECT_THAT(message, HasSubstr("the first 100 errors"));
  EXPECT_LT(message.size(), 100'000u);
}

TEST(HostileYaml, ControlCharactersNeverReachTheTerminal) {
  const std::string message = ConfigFile(kSmallest + "\"\\e[31mred\": 1\n").error();
  EXPECT_THAT(message, HasSubstr("\\x1b[31mred"));
}

}  // namespace
}  // namespace mirrortune::test
