#include "config/weights_store.h"

#include <cstdlib>
#include <string>

#include <gmock/gmock.h>

#include "base/file.h"

#include "config_file.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// A home of its own: a folder of pulled files and PyTorch's, both empty.
class WeightsStore : public testing::Test {
 protected:
  WeightsStore() {
    fs::create_directories(hub());
    fs::create_directories(pulled());
    setenv("MIRRORTUNE_WEIGHTS", pulled().c_str(), 1);
    setenv("TORCH_HOME", (home_ / "torch").c_str(), 1);
  }
  ~WeightsStore() override {
    unsetenv("MIRRORTUNE_WEIGHTS");
    unsetenv("TORCH_HOME");
  }

  fs::path pulled() const { return home_ / "pulled"; }
  fs::path hub() const { return home_ / "torch/hub/checkpoints"; }
  /// A file of zeros, which takes no room on the disk.
  static void make_file(const fs::path& path, std::uint64_t bytes) {
    write_file(path, std::string_view());
    fs::resize_file(path, bytes);
  }
  static std::uint64_t resnet18_bytes() { return *find_weights("resnet18")->files[0].bytes; }

  TemporaryFolder home_;
};

std::string missing(const std::function<void()>& action) {
  try {
    action();
    return "";
  } catch (const MissingError& error) {
    return error.what();
  }
}

const char* const kByName =
    "schema_version: 1\nname: demo\ngrid: {model: [resnet18, resnet34], potential: [2-norm]}\n"
    "model: {weights: {resnet18: resnet18, resnet34: none}}\ndata: {root: images}\n";

TEST_F(WeightsStore, TheFolderIsTheVariablesOrTheCaches) {
  EXPECT_EQ(weights_folder(), pulled());
  unsetenv("MIRRORTUNE_WEIGHTS");
  setenv("XDG_CACHE_HOME", "/c", 1);
  EXPECT_EQ(weights_folder(), "/c/mirrortune/weights");
  setenv("XDG_CACHE_HOME", "", 1);
  EXPECT_EQ(weights_folder(), fs::path(std::getenv("HOME")) / ".cache/mirrortune/weights");
  unsetenv("XDG_CACHE_HOME");
}

TEST_F(WeightsStore, APulledFileIsFoundByNameAndSize) {
  const WeightsEntry& entry = *find_weights("resnet18");
  EXPECT_FALSE(find_in_folder(pulled(), entry));
  make_file(pulled() / entry.files[0].name, resnet18_bytes() - 1);
  EXPECT_FALSE(find_in_folder(pulled(), entry)) << "a file that was cut is not the file";
  make_file(pulled() / entry.files[0].name, resnet18_bytes());
  EXPECT_EQ(find_in_folder(pulled(), entry)->path, pulled() / entry.files[0].name);
}

TEST_F(WeightsStore, AFileOfPyTorchsIsUsedOnlyWithTheRightContent) {
  const WeightsEntry& lite0 = *find_weights("efficientnet_lite0");
  make_file(hub() / lite0.files[0].name, *lite0.files[0].bytes);
  EXPECT_FALSE(find_in_hub(lite0)) << "zeros under the right name";
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  fs::remove(hub() / lite0.files[0].name);
  fs::create_symlink(shared("data/weights/" + lite0.files[0].name), hub() / lite0.files[0].name);
  EXPECT_EQ(find_in_hub(lite0)->path, hub() / lite0.files[0].name);
  EXPECT_EQ(resolve_weights("efficientnet_lite0"), hub() / lite0.files[0].name);
}

TEST_F(WeightsStore, ANameIsTheFileAndAPathIsItself) {
  make_file(pulled() / "resnet18-f37072fd.pth", resnet18_bytes());
  EXPECT_EQ(resolve_weights("resnet18"), pulled() / "resnet18-f37072fd.pth");
  EXPECT_EQ(resolve_weights(pulled()), pulled());
}

TEST_F(WeightsStore, ANameThatIsNotPulledSaysWhichCommandGetsIt) {
  EXPECT_THAT(missing([] { resolve_weights("resnet34"); }),
              HasSubstr("Run `mirrortune weights pull resnet34`"));
  EXPECT_THAT(missing([] { resolve_weights("resnet4"); }), HasSubstr("Did you mean resnet"));
  EXPECT_THAT(missing([] { resolve_weights("a/b.pth"); }), HasSubstr("no such file"));
}

TEST_F(WeightsStore, AConfigurationKeepsTheNameInItsIdentityAndGetsTheFile) {
  make_file(pulled() / "resnet18-f37072fd.pth", resnet18_bytes());
  ExperimentOptions options = load_text(kByName);
  EXPECT_EQ(options.cells[0].model.weights, "resnet18");
  const auto identity = options.cells[0].identity;
  resolve_weights(options);
  EXPECT_EQ(options.cells[0].model.weights, (pulled() / "resnet18-f37072fd.pth").string());
  EXPECT_EQ(options.cells[1].model.weights, "none");
  EXPECT_EQ(options.cells[0].identity, identity);
  EXPECT_THAT(identity, testing::Contains(testing::Pair("model.weights", "resnet18")));
  EXPECT_THAT(options.resolved_yaml, HasSubstr("resnet18: resnet18"));
  EXPECT_EQ(load_text(options.resolved_yaml).cells[0].identity, identity);
}

TEST_F(WeightsStore, AFileBesideTheConfigurationComesBeforeTheName) {
  const ConfigFile config(kByName);
  write_file(config.folder / "resnet18", std::string_view("x"));
  EXPECT_EQ(config.load().cells[0].model.weights, (config.folder / "resnet18").string());
}

TEST_F(WeightsStore, AConfigurationWhoseWeightsAreNotPulledNamesAllOfThem) {
  ExperimentOptions options = load_text(
      "schema_version: 1\nname: demo\ngrid: {model: [resnet18, resnet34], potential: [2-norm, 3-norm]}\n"
      "model: {weights: {resnet18: resnet18, resnet34: resnet34}}\ndata: {root: images}\n");
  EXPECT_THAT(
      missing([&] { resolve_weights(options); }),
      AllOf(HasSubstr("weights resnet18, resnet34:"),
            HasSubstr("Run `mirrortune weights pull resnet18` and `mirrortune weights pull resnet34`.")));
}

TEST_F(WeightsStore, AValueThatIsNeitherPathNorNameSaysWhatMayStandThere) {
  const ConfigFile config(
      "schema_version: 1\nname: demo\ngrid: {model: [resnet18], potential: [2-norm]}\n"
      "model: {weights: [a]}\ndata: {root: images}\n");
  EXPECT_THAT(config.error(), HasSubstr("a path, a name of `mirrortune weights ls` or the word none"));
}

}  // namespace
}  // namespace mirrortune::test
