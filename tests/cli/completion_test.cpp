#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/command.h"
#include "base/json.h"
#include "support/paths.h"

#include "process.h"

namespace mirrortune::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Words = std::vector<std::string>;

/// The words that may stand in place of the last one.
Words candidates(Words line) {
  line.insert(line.begin(), {"--json", "completion", "candidates", "--"});
  const Ended ended = run(line);
  EXPECT_EQ(ended.code, 0) << ended.err;
  Words found;
  const Json document = Json::parse(ended.out);
  for (const Json& candidate : document.at("candidates")) found.push_back(candidate.at("word"));
  return found;
}

TEST(Candidates, AreCommandsWhereOneIsExpected) {
  EXPECT_THAT(candidates({""}), AllOf(Contains("run"), Contains("weights"), Contains("completion")));
  EXPECT_THAT(candidates({"we"}), ElementsAre("weights"));
  EXPECT_THAT(candidates({"runs", ""}), testing::UnorderedElementsAre("ls", "show", "diff", "rm"));
  EXPECT_THAT(candidates({"--json", "-q", "--threads", "2", "mod"}), ElementsAre("models"));
  EXPECT_THAT(candidates({"completion", ""}), Not(Contains("candidates"))) << "what shells call";
  EXPECT_THAT(run({"completion", "x"}).err, HasSubstr("there are bash, zsh, fish. See"));
}

TEST(Candidates, AreOptionsWhereADashIsBegun) {
  EXPECT_THAT(candidates({"evaluate", "--pre"}), ElementsAre("--preprocessing", "--predictions"));
  EXPECT_THAT(candidates({"evaluate", "resnet18", "--thr"}), ElementsAre("--threads")) << "of the program";
  EXPECT_THAT(candidates({"run", "--help"}), ElementsAre("--help")) << "every command has it";
  EXPECT_THAT(candidates({"weights", "verify", "--", "--jso"}), IsEmpty());
}

TEST(Candidates, AreTheWordsOfAnOptionsValue) {
  EXPECT_THAT(candidates({"--color", ""}), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(candidates({"evaluate", "--preprocessing", "t"}), ElementsAre("torchvision"));
  EXPECT_THAT(candidates({"analyze", "--pair", "a", "b", "--head", "ex"}), ElementsAre("exclude"));
  EXPECT_THAT(candidates({"run", "-s", "train.ep"}), ElementsAre("train.epochs="));
  EXPECT_THAT(candidates({"data", "check", "x", "--network", "cornet_r"}), ElementsAre("cornet_rt"));
}

TEST(Candidates, AreNetworksWhereOneIsNamed) {
  EXPECT_THAT(candidates({"models", "show", "resnet3"}), ElementsAre("resnet34"));
  EXPECT_THAT(candidates({"evaluate", "resnet18", "resnet3"}), IsEmpty()) << "only one is";
}

TEST(Candidates, AreNoneWhereFilesOrNumbersAreExpected) {
  for (const Words& line : {Words{"analyze", ""}, Words{"run", "-c", ""}, Words{"analyze", "--pair", "a", ""},
                            Words{"--threads", ""}, Words{"weights", "inspect", "a"}, Words{"nothing", ""}}) {
    EXPECT_THAT(candidates(line), IsEmpty()) << testing::PrintToString(line);
  }
}

/// Of every command that can be completed from `line` on.
void expect_help_of_all_below(const Words& line) {
  Words help = line;
  help.push_back("--help");
  const Ended ended = run(help);
  EXPECT_EQ(ended.code, 0) << testing::PrintToString(help);
  Words options = line;
  options.push_back("--h");
  EXPECT_THAT(candidates(options), Contains("--help")) << testing::PrintToString(line);
  Words next = line;
  next.push_back("");
  if (ended.out.find("Subcommands:") == std::string::npos) return;  // what it offers are values
  for (const std::string& word : candidates(next)) {
    EXPECT_THAT(ended.out, HasSubstr("\n  " + word + " ")) << testing::PrintToString(line);
    next.back() = word;
    expect_help_of_all_below(next);
  }
}

TEST(Candidates, OfCommandsLeadToEveryCommandsHelp) { expect_help_of_all_below({}); }

/// What a shell prints that reads the script of `mirrortune completion` and then these lines.
std::string print_of(const std::string& shell, const std::string& lines) {
  const TemporaryFolder folder;
  std::ofstream(folder / "script") << lines;
  std::ofstream(folder / "alpha.yaml") << "";
  const auto result = run_command(
      {"env", "--chdir=" + folder.path().string(), "HOME=" + folder.path().string(),
       "PATH=" + program().parent_path().string() + ":/usr/bin:/bin", shell, (folder / "script").string()});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return result.out;
}

TEST(CompletionScript, OfBashFillsItsReply) {
  const std::string out = print_of("bash", R"sh(set -u
source <(mirrortune completion bash)
compopt() { echo "compopt $*"; }
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mirrortune; echo "[${COMPREPLY[*]-}]"; }
try mirrortune we
try mirrortune evaluate --preprocessing ""
try mirrortune run -s train.ep
try mirrortune run -c al
complete -p mirrortune
)sh");
  EXPECT_EQ(out,
            "[weights]\n[ffcv torchvision]\ncompopt -o nospace\n[train.epochs=]\n[]\n"
            "complete -o default -F _mirrortune mirrortune\n");
}

#ifdef MIRRORTUNE_ZSH
TEST(CompletionScript, OfZshDescribesWordsAndOffersFiles) {
  const std::string out = print_of(MIRRORTUNE_ZSH, R"sh(
compdef() { print "compdef $*" }
_describe() { print -rl -- "${(@P)2}" }
_files() { print files }
compadd() { print -r -- "compadd $*" }
eval "$(mirrortune completion zsh)"
try() { words=("$@"); CURRENT=$#; PREFIX=$words[-1]; _mirrortune }
try mirrortune --pre
try mirrortune --thr
try mirrortune evaluate --preprocessing ""
try mirrortune run -s train.ep
try mirrortune run -c al
)sh");
  EXPECT_EQ(out,
            "compdef _mirrortune mirrortune\nfiles\n--threads:CPU threads (default\\: all cores)\n"
            "ffcv\ntorchvision\ncompadd -S  -- train.epochs=\nfiles\n");
}
#endif

#ifdef MIRRORTUNE_FISH
TEST(CompletionScript, OfFishCompletesLines) {
  const std::string out = print_of(MIRRORTUNE_FISH, R"sh(
mirrortune completion fish | source
complete -C "mirrortune --thr"
complete -C "mirrortune evaluate --preprocessing "
complete -C "mirrortune run -s train.ep"
complete -C "mirrortune run -c al"
)sh");
  EXPECT_EQ(
      out,
      "--threads\tCPU threads (default: all cores)\nffcv\ntorchvision\ntrain.epochs=\tepochs of a training\n"
      "alpha.yaml\n");
}
#endif

TEST(CompletionScript, IsTheSameInJson) {
  const Json document = Json::parse(run({"--json", "completion", "fish"}).out);
  EXPECT_EQ(document.at("script"), run({"completion", "fish"}).out);
}

}  // namespace
}  // namespace mirrortune::test
