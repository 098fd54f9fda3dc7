#include <algorithm>
#include <csignal>
#include <string>

#include <unistd.h>

#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/json.h"
#include "support/made_run.h"
#include "support/paths.h"

#include "process.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kNormCell = "cells/shufflenet_v2_x0_5__2-norm";

/// A folder with the run directory runs/one: two potentials, two seeds, all done.
class Runs : public testing::Test {
 protected:
  Runs() {
    fs::permissions(folder_.path(), fs::perms(0755));
    make_run(one(), {.name = "one", .potentials = {"negative_entropy", "2-norm"}, .seeds = 2, .epochs = 2});
  }

  fs::path one() const { return folder_ / "runs/one"; }
  fs::path copy(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    fs::copy(one(), folder_ / name, fs::copy_options::recursive);
    return folder_ / name;
  }
  Start start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "runs");
    return {.arguments = std::move(arguments), .folder = folder_.path()};
  }
  Ended runs(std::vector<std::string> arguments) const { return run(start(std::move(arguments))); }
  /// The document of a command that must succeed.
  Json told(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const Ended ended = runs(std::move(arguments));
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    Json document = Json::parse(ended.out, nullptr, /*allow_exceptions=*/false);
    EXPECT_EQ(document.value("schema", 0), 1) << ended.out;
    return document;
  }

  TemporaryFolder folder_;
};

/// Changes a text in a file that holds it.
void change(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read_text_file(path);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << path << " holds no " << from;
  write_file(path, std::string_view(text.replace(at, from.size(), to)));
}

std::vector<std::string> values(const Json& list, const char* key) {
  std::vector<std::string> texts;
  for (const auto& entry : list) texts.push_back(entry.at(key).get<std::string>());
  return texts;
}

class RunsLs : public Runs {};

TEST_F(RunsLs, ListsEveryRunBelowByName) {
  copy("runs/deep/er/a");
  copy("runs/.hidden/b");
  fs::create_directories(folder_ / "runs/none/cells");
  const auto trial = folder_ / "runs/deep/er/a" / kNormCell / "seed-01";
  change(trial / "trial.json", "\"done\"", "\"failed\"");
  fs::remove(folder_ / "runs/deep/er/a" / kNormCell / "seed-00/trial.json");
  const Json list = told({"ls"})["runs"];
  ASSERT_EQ(values(list, "name"), (std::vector<std::string>{"a", "one"}));
  EXPECT_EQ(values(list, "path"), (std::vector<std::string>{"runs/deep/er/a", "runs/one"}));
  const Json& states = list[0]["states"];
  EXPECT_EQ(states["all"], 4);
  EXPECT_EQ(states["done"], 2);
  EXPECT_EQ(states["failed"], 1);
  EXPECT_EQ(states["pending"], 1);
  EXPECT_EQ(list[1]["states"]["done"], 4);
  EXPECT_EQ(list[1]["host"], "made");
  EXPECT_EQ(list[1]["version"], "0.1.0");
  EXPECT_GT(list[1]["disk_bytes"], 100'000);
  EXPECT_THAT(list[1]["last_change"].get<std::string>(), ContainsRegex("^20..-..-..T..:..:..Z$"));
  EXPECT_TRUE(list[1]["holder"].is_null());
  EXPECT_TRUE(list[1]["problem"].is_null());
  EXPECT_THAT(runs({"ls"}).out, ContainsRegex("runs/deep/er/a +2 +1 +0 +4 +made +0.1.0 "));
}

TEST_F(RunsLs, TakesRootsAndRunsThemselves) {
  copy("more/two");
  EXPECT_THAT(values(told({"ls", "runs/one", "more", "runs"})["runs"], "name"), ElementsAre("one", "two"));
  fs::create_directories(folder_ / "empty");
  EXPECT_EQ(runs({"ls", "empty"}).out, "There are no runs.\n");
  EXPECT_THAT(told({"ls", "empty"})["runs"], IsEmpty());
}

TEST_F(RunsLs, ADamagedRunIsOneRowThatSaysSo) {
  write_file(copy("runs/bad_config") / "config.yaml", std::string_view("nonsense: 1\n"));
  write_file(copy("runs/bad_manifest") / "manifest.json", std::string_view("[1]"));
  write_file(copy("runs/bad_trial") / kNormCell / "seed-00/trial.json", std::string_view("{\"cell\": 3}"));
  change(copy("runs/bad_state") / kNormCell / "seed-00/trial.json", "\"done\"", "\"half\"");
  fs::remove(copy("runs/no_manifest") / "manifest.json");
  fs::remove(copy("runs/no_config") / "config.yaml");
  const Json list = told({"ls"})["runs"];
  ASSERT_EQ(list.size(), 7u);
  for (const auto& entry : list) {
    const bool whole = entry["name"] == "one";
    EXPECT_EQ(entry["problem"].is_null(), whole) << entry;
    EXPECT_EQ(entry["states"].is_null(), !whole) << entry;
    EXPECT_GT(entry["disk_bytes"], 0) << "what is known is told all the same";
  }
  const Ended ended = runs({"ls"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("damaged: cannot read runs/bad_manifest/manifest.json: "));
  EXPECT_EQ(std::ranges::count(ended.out, '\n'), 8);
}

TEST_F(RunsLs, FollowsALinkToARunAndNoOther) {
  fs::create_directory_symlink(one(), folder_ / "runs/link");
  fs::create_directory_symlink(folder_ / "runs", folder_ / "runs/loop");
  EXPECT_THAT(values(told({"ls"})["runs"], "name"), ElementsAre("link", "one"));
}

TEST_F(RunsLs, NeedsFolders) {
  EXPECT_EQ(runs({"ls", "absent"}).code, 66);
  write_file(folder_ / "file", std::string_view("x"));
  EXPECT_EQ(runs({"ls", "file"}).code, 66);
  const Ended ended = run({.arguments = {"runs", "ls"}, .folder = folder_ / "runs/one"});
  EXPECT_EQ(ended.code, 66) << "there is no folder 'runs' in it";
}

TEST_F(RunsLs, NamesTheProcessThatHasARun) {
  EXPECT_FALSE(fs::exists(one() / ".lock"));
  told({"ls"});
  EXPECT_FALSE(fs::exists(one() / ".lock")) << "looking writes nothing";
  lock_folder(one(), LockMode::shared);
  const Json list = told({"ls"})["runs"];
  EXPECT_THAT(list[0]["holder"].get<std::string>(), HasSubstr("process " + std::to_string(getpid())));
  EXPECT_THAT(runs({"ls"}).out, HasSubstr("in use: process "));
}

class RunsShow : public Runs {};

TEST_F(RunsShow, TellsWhatARunIs) {
  fs::remove(one() / kNormCell / "seed-01/trial.json");
  const Json shown = told({"show", "runs/one/"});
  EXPECT_EQ(shown["command"], "runs show");
  EXPECT_EQ(shown["name"], "one");
  EXPECT_THAT(shown["models"], ElementsAre("shufflenet_v2_x0_5"));
  EXPECT_THAT(shown["potentials"], ElementsAre("negative_entropy", "2-norm"));
  EXPECT_THAT(shown["seeds"], ElementsAre(0, 1));
  EXPECT_EQ(shown["states"]["done"], 3);
  EXPECT_EQ(shown["versions"]["libtorch"], "2.13.0");
  EXPECT_EQ(shown["host"]["name"], "made");
  EXPECT_EQ(shown["threads"], 1);
  EXPECT_EQ(shown["weights"]["shufflenet_v2_x0_5"]["sha256"], std::string(64, 'b'));
  EXPECT_GT(shown["seconds"], 0);
  EXPECT_TRUE(shown["report"].is_null());
  ASSERT_EQ(shown["trials"].size(), 4u);
  EXPECT_EQ(shown["trials"][0]["state"], "done");
  EXPECT_TRUE(shown["trials"][0]["lr"].is_number());
  EXPECT_EQ(shown["trials"][3]["state"], "pending");
  EXPECT_TRUE(shown["trials"][3]["lr"].is_null());
  const std::string text = runs({"show", "runs/one"}).out;
  EXPECT_THAT(text, HasSubstr("4 trials: 1 pending, 3 done"));
  EXPECT_THAT(text, ContainsRegex("shufflenet_v2_x0_5__2-norm +1 +– +pending"));
}

TEST_F(RunsShow, TheColumnsOfTheTrialsAreThoseOfTheIndex) {
  std::vector<std::string> keys;
  const Json shown = told({"show", "runs/one"});
  for (const auto& [key, value] : shown["trials"][0].items()) keys.push_back(key);
  EXPECT_EQ(keys, CsvTable::read(one() / "index.csv").columns());
}

TEST_F(RunsShow, KnowsARunFromInsideIt) {
  const Ended ended = run({.arguments = {"runs", "show", ".", "--json"}, .folder = one()});
  EXPECT_EQ(Json::parse(ended.out)["name"], "one");
}

TEST_F(RunsShow, RefusesWhatIsMissingNoRunOrDamaged) {
  EXPECT_EQ(runs({"show", "absent"}).code, 66);
  const Ended no_run = runs({"show", "runs"});
  EXPECT_EQ(no_run.code, 65);
  EXPECT_THAT(no_run.err, HasSubstr("it is no run directory"));
  write_file(one() / kNormCell / "seed-00/trial.json", std::string_view("{"));
  const Ended damaged = runs({"show", "runs/one"});
  EXPECT_EQ(damaged.code, 65);
  EXPECT_THAT(damaged.err, HasSubstr("seed-00/trial.json"));
  EXPECT_EQ(runs({"show"}).code, 2);
}

class RunsDiff : public Runs {};

TEST_F(RunsDiff, ACopyIsTheSameWhateverTheTimes) {
  const auto two = copy("runs/two");
  change(two / "config.yaml", "name: one", "name: two");
  change(two / "manifest.json", "\"name\": \"one\"", "\"name\": \"two\"");
  const auto trial = two / kNormCell / "seed-00";
  Json record = read_json(trial / "trial.json");
  record["seconds"] = 1e6;
  write_json(trial / "trial.json", record);
  const CsvTable metrics = CsvTable::read(trial / "metrics.csv");
  CsvTable slower(metrics.columns());
  for (auto row : metrics.rows()) {
    row[metrics.column("seconds")] = "77";
    slower.add(row);
  }
  slower.write(trial / "metrics.csv");
  write_file(two / "report.txt", std::string_view("not compared"));
  const Json differences = told({"diff", "runs/one", "runs/two/"});
  EXPECT_EQ(differences["same"], true) << differences;
  EXPECT_EQ(differences["same_results"], true);
  EXPECT_EQ(differences["trials"].size(), 4u);
  EXPECT_EQ(runs({"diff", "runs/one", "runs/two"}).out, "The runs are the same: 4 trials.\n");
  const Ended inside = run({.arguments = {"runs", "diff", ".", "../two/"}, .folder = one()});
  EXPECT_EQ(inside.out, "The runs are the same: 4 trials.\n") << inside.err;
}

TEST_F(RunsDiff, NamesKeysVersionsAndWhatTrialsWereMadeWith) {
  const auto two = copy("runs/two");
  change(two / "config.yaml", "{epochs: 2}", "{epochs: 3, batch_size: 4}");
  change(two / "manifest.json", "2.13.0", "2.11.0");
  const auto path = two / kNormCell / "seed-01/trial.json";
  Json record = read_json(path);
  record["identity"]["train.epochs"] = "3";
  write_json(path, record);
  const Json differences = told({"diff", "runs/one", "runs/two"});
  EXPECT_EQ(differences["same"], false);
  EXPECT_EQ(differences["same_results"], true);
  EXPECT_EQ(differences["configuration"], Json::parse(R"([{"key": "train.epochs", "a": "2", "b": "3"},
                            {"key": "train.batch_size", "a": null, "b": "4"}])"));
  EXPECT_EQ(differences["manifest"],
            Json::parse(R"([{"key": "versions.libtorch", "a": "2.13.0", "b": "2.11.0"}])"));
  const Ended ended = runs({"diff", "runs/one", "runs/two"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("  train.epochs: 2 | 3\n"));
  EXPECT_THAT(ended.out, HasSubstr("  train.batch_size: absent | 4\n"));
  EXPECT_THAT(ended.out, HasSubstr("  versions.libtorch: 2.13.0 | 2.11.0\n"));
  EXPECT_THAT(ended.out, HasSubstr("  (1 of 4 trials)\n"));
  EXPECT_THAT(ended.out,
              testing::EndsWith("The results are the same, 4 trials; what they were made with differs.\n"));
}

TEST_F(RunsDiff, NamesTheFilesWhoseBitsDiffer) {
  const auto two = copy("runs/two");
  const auto trial = two / kNormCell / "seed-00";
  std::string weights = read_text_file(trial / "final.safetensors");
  weights.back() = static_cast<char>(weights.back() ^ 1);
  write_file(trial / "final.safetensors", std::string_view(weights));
  change(trial / "init.safetensors", "\"0.1.0\"", "\"0.2.0\"");
  change(trial / "trial.json", "\"done\"", "\"below_target\"");
  change(two / kNormCell / "lr_search.csv", "3.5", "3.6");
  fs::remove(two / "subsets/shufflenet_v2_x0_5__seed-01.csv");
  fs::create_directories(two / "analysis");
  write_file(two / "analysis/delta_cdf.csv", std::string_view("model\n"));
  const Json differences = told({"diff", "runs/one", "runs/two"});
  EXPECT_EQ(differences["same_results"], false);
  for (const auto& one_trial : differences["trials"]) {
    const bool changed = one_trial["cell"] == "shufflenet_v2_x0_5__2-norm" && one_trial["seed"] == 0;
    EXPECT_EQ(one_trial["same_results"], !changed);
    if (!changed) continue;
    EXPECT_EQ(one_trial["result"], Json::parse(R"([{"key": "state", "a": "done", "b": "below_target"}])"));
    EXPECT_THAT(values(one_trial["files"], "file"), ElementsAre(kNormCell + "/seed-00/final.safetensors",
                                                                kNormCell + "/seed-00/init.safetensors"));
    EXPECT_THAT(values(one_trial["files"], "differs"), ElementsAre("bits", "metadata"));
  }
  EXPECT_THAT(values(differences["files"], "file"),
              ElementsAre("analysis/delta_cdf.csv", kNormCell + "/lr_search.csv",
                          "subsets/shufflenet_v2_x0_5__seed-01.csv"));
  EXPECT_THAT(values(differences["files"], "differs"), ElementsAre("only_b", "bits", "only_a"));
  EXPECT_THAT(runs({"diff", "runs/one", "runs/two"}).out,
              HasSubstr("The results differ: in 1 of 4 trials that both have, in 3 other files; 0 trials "
                        "stand in one run only.\n"));
}

TEST_F(RunsDiff, NamesTheTrialsThatOneRunLacks) {
  const auto two = copy("runs/two");
  fs::remove_all(one() / kNormCell);
  fs::remove(two / "cells/shufflenet_v2_x0_5__negative_entropy/seed-01/trial.json");
  const Json differences = told({"diff", "runs/one", "runs/two"});
  EXPECT_EQ(differences["same_results"], false);
  EXPECT_EQ(differences["trials"].size(), 1u);
  EXPECT_EQ(values(differences["only_a"], "cell"),
            std::vector<std::string>{"shufflenet_v2_x0_5__negative_entropy"});
  EXPECT_EQ(differences["only_b"].size(), 2u);
  EXPECT_THAT(runs({"diff", "runs/one", "runs/two"}).out,
              HasSubstr("only in a\n  shufflenet_v2_x0_5__negative_entropy seed 1\n"));
}

TEST_F(RunsDiff, ReadsTheConfigurationOfAnotherVersion) {
  change(copy("runs/two") / "config.yaml", "seeds:", "key_of_tomorrow: [1, 2]\nseeds:");
  EXPECT_EQ(told({"diff", "runs/one", "runs/two"})["configuration"],
            Json::parse(R"([{"key": "key_of_tomorrow", "a": null, "b": "[1, 2]"}])"));
}

TEST_F(RunsDiff, RefusesWhatIsMissingNoRunOrDamaged) {
  EXPECT_EQ(runs({"diff", "runs/one", "absent"}).code, 66);
  EXPECT_EQ(runs({"diff", "runs", "runs/one"}).code, 65);
  EXPECT_EQ(runs({"diff", "runs/one"}).code, 2);
  write_file(copy("runs/two") / "config.yaml", std::string_view("a: [\n"));
  EXPECT_EQ(runs({"diff", "runs/one", "runs/two"}).code, 78);
  write_file(copy("runs/three") / "manifest.json", std::string_view("3"));
  EXPECT_EQ(runs({"diff", "runs/one", "runs/three"}).code, 65);
}

class RunsRm : public Runs {};

TEST_F(RunsRm, RemovesARunAndNothingElse) {
  copy("runs/two");
  const Json removed = told({"rm", "runs/one/", "runs/./one", "--yes"})["removed"];
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_GT(removed[0]["disk_bytes"], 100'000);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_ / "runs")) left.push_back(entry.path().filename());
  EXPECT_THAT(left, ElementsAre("two"));
}

TEST_F(RunsRm, AsksOnATerminalAndNeedsYesElsewhere) {
  const Ended unasked = runs({"rm", "runs/one"});
  EXPECT_EQ(unasked.code, 2);
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  for (const char* typed : {"\n", "n\n", "yesterday\n"}) {
    Start asked = start({"rm", "runs/one"});
    asked.typed = typed;
    const Ended ended = run(asked);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("Remove it? [y/N] "));
    EXPECT_EQ(ended.out, "Nothing was removed.\n");
    EXPECT_TRUE(fs::exists(one() / "config.yaml"));
  }
  Start asked = start({"rm", "runs/one"});
  asked.typed = "y\n";
  EXPECT_THAT(run(asked).out, HasSubstr("removed runs/one, "));
  EXPECT_FALSE(fs::exists(one()));
}

TEST_F(RunsRm, StopsAtTheQuestion) {
  Start asked = start({"rm", "runs/one"});
  asked.typed = "";
  Program program(asked);
  ASSERT_TRUE(program.says("[y/N]"));
  program.send(SIGINT);
  EXPECT_EQ(program.wait().code, 75);
  EXPECT_TRUE(fs::exists(one()));
}

TEST_F(RunsRm, RefusesARunInUse) {
  copy("runs/two");
  lock_folder(one(), LockMode::shared);
  const Ended ended = runs({"rm", "runs/two", "runs/one", "--yes"});
  EXPECT_EQ(ended.code, 76);
  EXPECT_THAT(ended.err, HasSubstr("process " + std::to_string(getpid())));
  EXPECT_TRUE(fs::exists(one() / "config.yaml"));
  EXPECT_TRUE(fs::exists(folder_ / "runs/two/config.yaml")) << "all or nothing";
}

TEST_F(RunsRm, RefusesWhatIsNoRun) {
  fs::create_directories(folder_ / "photos");
  write_file(folder_ / "photos/config.yaml", std::string_view("a: 1\n"));
  for (const char* wrong : {"photos", "runs", ".", "/", "photos/config.yaml"}) {
    const Ended ended = runs({"rm", "runs/one", wrong, "--yes"});
    EXPECT_EQ(ended.code, 65) << wrong;
    EXPECT_THAT(ended.err, HasSubstr("it is no run directory")) << wrong;
  }
  EXPECT_TRUE(fs::exists(folder_ / "photos/config.yaml"));
  EXPECT_FALSE(fs::exists(folder_ / "photos/.lock"));
  for (const char* absent : {"absent", "absent/run"}) {
    EXPECT_EQ(runs({"rm", absent, "runs/one", "--yes"}).code, 66);
    EXPECT_FALSE(fs::exists(folder_ / "absent"));
  }
  EXPECT_TRUE(fs::exists(one() / "config.yaml"));
}

TEST_F(RunsRm, RemovesADamagedRunToo) {
  write_file(one() / "manifest.json", std::string_view("{"));
  EXPECT_EQ(runs({"rm", "runs/one", "--yes"}).code, 0);
  EXPECT_FALSE(fs::exists(one()));
}

TEST_F(RunsRm, FollowsNoLink) {
  fs::create_directory_symlink(one(), folder_ / "link");
  for (const char* link : {"link", "link/"}) {
    const Ended ended = runs({"rm", link, "--yes"});
    EXPECT_EQ(ended.code, 65);
    EXPECT_THAT(ended.err, HasSubstr("it is a symbolic link"));
  }
  EXPECT_TRUE(fs::exists(one() / "config.yaml"));
  fs::create_directories(folder_ / "kept");
  write_file(folder_ / "kept/file", std::string_view("x"));
  fs::create_directory_symlink(folder_ / "kept", one() / "cells/out");
  EXPECT_EQ(runs({"rm", "runs/one", "--yes"}).code, 0);
  EXPECT_FALSE(fs::exists(one()));
  EXPECT_TRUE(fs::exists(folder_ / "kept/file"));
}

TEST_F(RunsRm, FinishesARemovalThatWasKilled) {
  fs::rename(one(), folder_ / "runs/.one.removed");
  EXPECT_EQ(runs({"ls"}).out, "There are no runs.\n") << "half a run is none";
  EXPECT_EQ(runs({"rm", "runs/one", "--yes"}).code, 0);
  EXPECT_TRUE(fs::is_empty(folder_ / "runs"));
  EXPECT_EQ(runs({"rm", "runs/one", "--yes"}).code, 66);
}

TEST_F(RunsRm, ANewRunGoesEvenWhereAnOldOneOfItsNameIsHalfRemoved) {
  copy("runs/.one.removed");
  EXPECT_EQ(runs({"rm", "runs/one", "--yes"}).code, 0);
  EXPECT_TRUE(fs::is_empty(folder_ / "runs"));
}

TEST_F(RunsRm, WithoutPermissionChangesNothing) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  fs::permissions(folder_ / "runs", fs::perms(0755));
  for (const auto mode : {0755, 0777}) {
    fs::permissions(one(), fs::perms(mode));
    Start other = start({"rm", "runs/one", "--yes"});
    other.unprivileged = true;
    EXPECT_EQ(run(other).code, 77);
    EXPECT_TRUE(fs::exists(one() / "config.yaml"));
  }
}

}  // namespace
}  // namespace mirrortune::test
