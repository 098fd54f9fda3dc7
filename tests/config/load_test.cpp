#include <cstdlib>
#include <string>

#include <gmock/gmock.h>

#include "config/theory.h"

#include "config_file.h"

namespace mirrortune::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string identity(const CellOptions& cell, const std::string& key) {
  for (const auto& [name, value] : cell.identity) {
    if (name == key) return value;
  }
  return "absent";
}

TEST(LoadExperiment, TheSmallestFileGetsTheDefaultsOfTheOptionStructs) {
  const ConfigFile config(kSmallest);
  const ExperimentOptions options = config.load();
  ASSERT_EQ(options.cells.size(), 2u);
  const CellOptions& cell = options.cells[0];
  const TrainOptions train;
  const OptimizerOptions optimizer;
  const SearchOptions search;
  const DataOptions data;
  const ModelOptions model;
  EXPECT_EQ(cell.train.epochs, train.epochs);
  EXPECT_EQ(cell.train.batch_size, train.batch_size);
  EXPECT_EQ(cell.train.precision, train.precision);
  EXPECT_EQ(cell.train.logit_l2, train.logit_l2);
  EXPECT_EQ(cell.optimizer.momentum, optimizer.momentum);
  EXPECT_EQ(cell.optimizer.dampening, optimizer.dampening);
  EXPECT_EQ(cell.optimizer.nesterov, optimizer.nesterov);
  EXPECT_EQ(cell.optimizer.weight_decay, optimizer.weight_decay);
  EXPECT_EQ(cell.optimizer.normalization, optimizer.normalization);
  EXPECT_EQ(cell.lr.search, search.search);
  EXPECT_EQ(cell.lr.target_accuracy, search.target_accuracy);
  EXPECT_EQ(cell.lr.extend_epochs, search.extend_epochs);
  EXPECT_EQ(cell.lr.extend_times, search.extend_times);
  EXPECT_EQ(cell.lr.select, search.select);
  EXPECT_EQ(cell.lr.fixed, search.fixed);
  EXPECT_EQ(cell.data.labels, data.labels);
  EXPECT_EQ(cell.data.md5, data.md5);
  EXPECT_EQ(cell.data.class_order, data.class_order);
  EXPECT_EQ(cell.data.resolution, data.resolution);
  EXPECT_EQ(cell.data.preprocessing, data.preprocessing);
  EXPECT_EQ(cell.data.crop_ratio, data.crop_ratio);
  EXPECT_EQ(cell.data.augment, data.augment);
  EXPECT_EQ(cell.data.holdout, data.holdout);
  EXPECT_EQ(cell.data.subset.exponent, data.subset.exponent);
  EXPECT_EQ(cell.data.subset.per_seed, data.subset.per_seed);
  EXPECT_EQ(cell.data.subset.count, data.subset.count);
  EXPECT_EQ(cell.model.classes, model.classes);
  EXPECT_EQ(cell.model.reinit_head, model.reinit_head);
  EXPECT_EQ(cell.model.allow_nonfinite, model.allow_nonfinite);
  EXPECT_EQ(cell.snapshots.epochs, SnapshotOptions().epochs);
  EXPECT_EQ(cell.snapshots.full, SnapshotOptions().full);
  EXPECT_EQ(cell.runtime.deterministic, RuntimeOptions().deterministic);
  EXPECT_EQ(options.analysis.potentials, AnalysisOptions().potentials);
  EXPECT_EQ(options.analysis.head, AnalysisOptions().head);
  EXPECT_EQ(options.analysis.center, AnalysisOptions().center);
  EXPECT_THAT(options.seeds, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(LoadExperiment, PathsAreRelativeToTheFile) {
  const ConfigFile config(kSmallest);
  const ExperimentOptions options = config.load();
  EXPECT_EQ(options.cells[0].data.root, config.folder / "images");
  EXPECT_EQ(options.cells[0].model.weights, (config.folder / "resnet18.pth").string());
  EXPECT_EQ(options.output_root, config.folder / "runs");
}

TEST(LoadExperiment, CellsAreNamedByModelPotentialAndFurtherAxes) {
  const ExperimentOptions options = load_text(
      "schema_version: 1\nname: demo\n"
      "grid:\n  model: [resnet18, resnet34]\n  potential: [negative_entropy, 1.5-norm]\n"
      "  optimizer.momentum: [0, 0.9]\n  data.root: [a b, c]\n"
      "model: {weights: none}\n");
  ASSERT_EQ(options.cells.size(), 16u);
  EXPECT_THAT(options.cells[0].name,
              testing::StartsWith("resnet18__negative_entropy__optimizer.momentum=0__data.root=_"));
  EXPECT_THAT(options.cells[3].name, HasSubstr("__optimizer.momentum=0.9__data.root="));
  EXPECT_THAT(options.cells[15].name, testing::StartsWith("resnet34__1.5-norm__optimizer.momentum=0.9"));
  EXPECT_EQ(options.cells[3].optimizer.momentum, 0.9);
  EXPECT_EQ(options.cells[2].data.root.filename(), "a b");
  EXPECT_EQ(options.cells[15].potential, "1.5-norm");
  for (const CellOptions& cell : options.cells) {
    EXPECT_EQ(
        cell.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=-"),
        std::string::npos);
  }
}

TEST(LoadExperiment, CellsWhoseFoldersWouldCollideGetDigitsOfTheirHash) {
  const ExperimentOptions options = load_text(
      "schema_version: 1\nname: demo\ngrid: {model: [resnet18], potential: [2-norm], data.root: [/a b, /a_b, "
      "/c]}\n"
      "model: {weights: none}\n");
  ASSERT_EQ(options.cells.size(), 3u);
  EXPECT_THAT(options.cells[0].name, testing::MatchesRegex("resnet18__2-norm__data.root=_a_b_[0-9a-f]{8}"));
  EXPECT_THAT(options.cells[1].name, testing::MatchesRegex("resnet18__2-norm__data.root=_a_b_[0-9a-f]{8}"));
  EXPECT_NE(options.cells[0].name, options.cells[1].name);
  EXPECT_EQ(options.cells[2].name, "resnet18__2-norm__data.root=_c");
}

TEST(LoadExperiment, MapsByModelAndPotentialAreReducedToTheCellsValue) {
  const ExperimentOptions options = load_text(
      "schema_version: 1\nname: demo\ngrid: {model: [resnet18, resnet34], potential: [negative_entropy, "
      "2-norm]}\n"
      "model: {weights: {resnet18: /w/a.pth, resnet34: none}}\n"
      "data: {root: images, resolution: {resnet18: 64, resnet34: 96}, preprocessing: {resnet18: ffcv, "
      "resnet34: torchvision}}\n"
      "lr: {fixed: {negative_entropy: 0.1, 2.0-norm: 1e-3}}\n");
  ASSERT_EQ(options.cells.size(), 4u);
  EXPECT_EQ(options.cells[0].model.weights, "/w/a.pth");
  EXPECT_EQ(options.cells[2].model.weights, "none");
  EXPECT_EQ(options.cells[1].data.resolution, 64);
  EXPECT_EQ(options.cells[3].data.resolution, 96);
  EXPECT_EQ(options.cells[3].data.preprocessing, Preprocessing::torchvision);
  EXPECT_EQ(options.cells[0].lr.fixed, 0.1);
  EXPECT_EQ(options.cells[1].lr.fixed, 1e-3);
}

TEST(LoadExperiment, OverridesReplaceWhatTheFileSays) {
  const ConfigFile config(kSmallest + "train: {epochs: 3}\nlr: {search: [0.1, 1]}\nseeds: {count: 2}\n");
  const ExperimentOptions options =
      config.load({"train.epochs=7", "grid.potential=[3-norm]", "lr.fixed=1e-4", "seeds.list=[5, 6]",
                   "grid.optimizer.momentum=[0, 0.5]", "data.subset.count=12", "train.epochs=8"});
  ASSERT_EQ(options.cells.size(), 2u);
  EXPECT_EQ(options.cells[0].train.epochs, 8) << "the last override wins";
  EXPECT_EQ(options.cells[0].potential, "3-norm");
  EXPECT_EQ(options.cells[0].lr.fixed, 1e-4) << "lr.fixed replaces the file's lr.search";
  EXPECT_EQ(options.cells[1].optimizer.momentum, 0.5);
  EXPECT_EQ(options.cells[0].data.subset.count, 12);
  EXPECT_THAT(options.seeds, ElementsAre(5, 6));
}

TEST(LoadExperiment, AdamWBringsDefaultsOfItsOwnThatAnyKeyReplaces) {
  const OptimizerOptions plain = load_text(kSmallest).cells[0].optimizer;
  const ConfigFile config(kSmallest + "optimizer: {kind: adamw, weight_decay: 0.05}\n");
  const OptimizerOptions adamw = config.load().cells[0].optimizer;
  EXPECT_EQ(adamw.second_moment, 0.999);
  EXPECT_EQ(adamw.decay, Decay::decoupled);
  EXPECT_EQ(adamw.weight_decay, 0.05);
  EXPECT_EQ(adamw.momentum, plain.momentum);
  EXPECT_EQ(adamw.epsilon, plain.epsilon);
  EXPECT_EQ(config.load({"optimizer.kind=mirror"}).cells[0].optimizer.second_moment, 0.0);
}

TEST(LoadExperiment, TheKindOfOptimizerMayBeAnAxis) {
  const ConfigFile config(kSmallest);
  const ExperimentOptions options = config.load({"grid.optimizer.kind=[mirror, adamw]"});
  ASSERT_EQ(options.cells.size(), 4u);
  EXPECT_EQ(options.cells[0].optimizer.second_moment, 0.0);
  EXPECT_EQ(options.cells[0].optimizer.decay, Decay::coupled);
  EXPECT_EQ(options.cells[1].optimizer.second_moment, 0.999);
  EXPECT_EQ(options.cells[1].optimizer.decay, Decay::decoupled);
  EXPECT_EQ(options.cells[1].optimizer.weight_decay, 0.01);
  const ExperimentOptions again = ConfigFile(options.resolved_yaml).load();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(again.cells[i].identity, options.cells[i].identity);
  const ExperimentOptions alone = config.load({"optimizer.kind=adamw"});
  EXPECT_EQ(alone.cells[0].identity, options.cells[1].identity)
      << "what is trained counts, not how it is said";
}

TEST(LoadExperiment, AnOverrideReachesIntoAMapByPotential) {
  const ConfigFile config(kSmallest + "lr: {fixed: {negative_entropy: 0.1, 2-norm: 0.2}}\n");
  const ExperimentOptions options = config.load({"lr.fixed.2-norm=0.3"});
  EXPECT_EQ(options.cells[0].lr.fixed, 0.1);
  EXPECT_EQ(options.cells[1].lr.fixed, 0.3);
}

TEST(LoadExperiment, AChosenRunDirectoryReplacesNameAndRoot) {
  const ConfigFile config(kSmallest + "output: {root: elsewhere}\n");
  const auto options =
      load_experiment({.file = config.path, .run_directory = config.folder / "a b/${x}/run-1/"});
  EXPECT_EQ(options.name, "run-1");
  EXPECT_EQ(options.output_root, config.folder / "a b/${x}");
  EXPECT_EQ(ConfigFile(options.resolved_yaml).load().output_root, options.output_root);
  EXPECT_THROW(load_experiment({.file = config.path, .run_directory = "/x/run 1"}), ConfigError);
}

TEST(LoadExperiment, EnvironmentVariablesStandInPaths) {
  setenv("MIRRORTUNE_TEST_ROOT", "/data/im ages", 1);
  std::string text = kSmallest;
  text.replace(text.find("images"), 6, "'${MIRRORTUNE_TEST_ROOT}/val/$${x}'");
  const ConfigFile config(text);
  EXPECT_EQ(config.load().cells[0].data.root, "/data/im ages/val/${x}");
}

TEST(LoadExperiment, TheIdentityHoldsEveryKeyThatShapesATrialAndNothingElse) {
  const ExperimentOptions options = load_text(kSmallest);
  const CellOptions& cell = options.cells[1];
  EXPECT_THAT(cell.identity[0], Pair("model", "resnet18"));
  EXPECT_THAT(cell.identity[1], Pair("potential", "2-norm"));
  EXPECT_EQ(identity(cell, "train.epochs"), "30");
  EXPECT_EQ(identity(cell, "lr.search"), "[1e-05, 1e-04, 0.001, 0.01, 0.1]");
  EXPECT_EQ(identity(cell, "optimizer.nesterov"), "false");
  for (const char* key :
       {"name", "output.root", "analysis.head", "seeds.count", "schema_version", "lr.fixed"}) {
    EXPECT_EQ(identity(cell, key), "absent") << key;
  }
}

TEST(LoadExperiment, EqualSettingsWrittenDifferentlyHaveOneIdentity) {
  const std::string plain = kSmallest + "lr: {fixed: 0.001}\noptimizer: {weight_decay: 0}\n";
  const std::string other = kSmallest + "optimizer: {weight_decay: -0.0}\nlr:\n  fixed: 1e-3\n";
  const ConfigFile config(plain);
  const auto first = config.load().cells[0].identity;
  config.write(other);
  EXPECT_EQ(config.load().cells[0].identity, first);
}

TEST(Configs, EveryShippedFileLoads) {
  const auto folder = std::filesystem::path(kSourceDir) / "configs";
  for (const char* variable : {"WEIGHTS", "IMAGENET_VAL", "MNIST", "TINY_IMAGENET"})
    setenv(variable, "/data", 1);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml" || entry.path().filename() == "slurm.yaml") continue;
    ++files;
    const auto load = [&] {
      if (!load_theory({.file = entry.path()}))
        load_experiment({.file = entry.path(), .networks = kNetworks});
    };
    EXPECT_NO_THROW(load()) << entry.path();
  }
  EXPECT_GE(files, 1);
}

TEST(LoadExperiment, TheResolvedFileLoadsAgainToTheSameOptionsAndItself) {
  const std::vector<std::string> texts = {
      kSmallest,
      kSmallest + "lr: {fixed: {negative_entropy: 0.1, 2-norm: 1e-3}}\nseeds: {list: [3, 1]}\n",
      "schema_version: 1\nname: demo\n"
      "grid: {model: [resnet18], potential: [2-norm], lr.search: [[0.1], [0.1, 1]], data.root: ['a\"b\\', "
      "\"c\\td: #${HOME}\"]}\n"
      "model: {weights: {resnet18: 'w $${x}: [1]'}}\nsnapshots: {epochs: [1, 2], full: true}\n"
      "data: {class_order: classes.txt}\noutput: {root: ' '}\n",
  };
  for (const auto& text : texts) {
    const ConfigFile config(text);
    const ExperimentOptions first = config.load();
    const ConfigFile resolved(first.resolved_yaml);  // in another folder
    const ExperimentOptions second = resolved.load();
    EXPECT_EQ(second.resolved_yaml, first.resolved_yaml);
    EXPECT_EQ(second.name, first.name);
    EXPECT_EQ(second.seeds, first.seeds);
    EXPECT_EQ(second.output_root, first.output_root);
    ASSERT_EQ(second.cells.size(), first.cells.size());
    for (std::size_t i = 0; i < first.cells.size(); ++i) {
      EXPECT_EQ(second.cells[i].name, first.cells[i].name);
      EXPECT_EQ(second.cells[i].identity, first.cells[i].identity);
    }
  }
}

TEST(Load, GroupsKeepTheOrderOfTheFileAndReadBack) {
  const std::string groups =
      "optimizer: {groups: {BatchNorm2d: 2.0-norm, \"*.bias\": \"smooth_power(beta=0.01,lambda=0.5)\"}}\n";
  const auto options = ConfigFile(kSmallest + groups).load();
  const auto& read = options.cells[0].optimizer.groups;
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].pattern, "BatchNorm2d");
  EXPECT_EQ(read[0].potential, "2-norm");
  EXPECT_EQ(read[1].pattern, "*.bias");
  EXPECT_EQ(read[1].potential, "smooth_power(lambda=0.5,beta=0.01)");
  EXPECT_EQ(ConfigFile(options.resolved_yaml).load().cells[0].identity, options.cells[0].identity);
}

TEST(Load, PotentialsWithParametersStandInListsAndFolderNames) {
  const auto options = ConfigFile(kSmallest).load(
      {"grid.potential=[hypentropy(beta=0.01), \"smooth_power(lambda=2,beta=0.1)\"]"});
  EXPECT_EQ(options.cells[0].potential, "hypentropy(beta=0.01)");
  EXPECT_EQ(options.cells[0].name, "resnet18__hypentropy_beta=0.01_");
  EXPECT_EQ(options.cells[1].name, "resnet18__smooth_power_lambda=2_beta=0.1_");
  EXPECT_EQ(ConfigFile(options.resolved_yaml).load().cells[1].identity, options.cells[1].identity);
}

constexpr const char* kOfEncoder =
    "schema_version: 1\nname: ssl\ngrid: {model: [simsiam_resnet18], potential: [2-norm]}\n"
    "model: {weights: none}\ndata: {root: images, views: {jitter: standard}}\n";

TEST(LoadExperiment, KeysOfOtherNetworksAreNoPartOfACellAndNotWrittenOut) {
  const auto options = ConfigFile(kOfEncoder).load();
  EXPECT_EQ(options.cells[0].data.views.jitter, ColorJitter::standard);
  EXPECT_EQ(identity(options.cells[0], "data.views.crop"), "center");
  EXPECT_EQ(identity(options.cells[0], "lr.target_accuracy"), "absent");
  EXPECT_THAT(options.resolved_yaml, testing::Not(HasSubstr("extend_times")));
  EXPECT_EQ(ConfigFile(options.resolved_yaml).load().cells[0].identity, options.cells[0].identity);
  const auto classifier = ConfigFile(kSmallest).load();
  EXPECT_EQ(identity(classifier.cells[0], "data.views.crop"), "absent");
  EXPECT_THAT(classifier.resolved_yaml, testing::Not(HasSubstr("views")));
}

TEST(LoadExperiment, AKeyForNoNetworkOfTheGridIsRefused) {
  const ConfigFile encoder(kOfEncoder);
  EXPECT_THAT(encoder.error({"lr.target_accuracy=0.5"}),
              HasSubstr("'lr.target_accuracy' has no effect: no network of the grid is a classifier"));
  EXPECT_EQ(encoder.error({"lr.target_accuracy=0.5", "grid.model=[simsiam_resnet18, elman_rnn_h100]"}), "");
  const ConfigFile classifier(kSmallest);
  EXPECT_THAT(classifier.error({"data.views.crop=random_resized"}), HasSubstr("is an encoder"));
  EXPECT_THAT(classifier.error({"grid.model=[elman_rnn_h100]", "data.augment=crop_flip"}),
              HasSubstr("is a classifier of images"));
}

TEST(LoadExperiment, ThePathOfWeightsMayHoldTheCellsNames) {
  const auto options =
      ConfigFile(kSmallest).load({"model.weights=runs/start/cells/{model}__{potential}/w.safetensors",
                                  "grid.potential=[3-norm, hypentropy(beta=0.01)]"});
  EXPECT_THAT(options.cells[0].model.weights, testing::EndsWith("cells/resnet18__3-norm/w.safetensors"));
  EXPECT_THAT(options.cells[1].model.weights,
              testing::EndsWith("cells/resnet18__hypentropy_beta=0.01_/w.safetensors"));
  EXPECT_EQ(ConfigFile(options.resolved_yaml).load().cells[1].model.weights, options.cells[1].model.weights);
}

TEST(ReadConfigKeys, FlattensAFileOfAnyVersion) {
  const ConfigFile config(
      "schema_version: 9\n"
      "grid: {model: [a, b], potential: ['f(x=1,y=2)']}\n"
      "train:\n"
      "  loss: {logit_l2: 0}  # a comment\n"
      "optimizer: {groups: {}}\n"
      "unheard_of: 7\n");
  EXPECT_THAT(read_config_keys(config.path),
              ElementsAre(Pair("schema_version", "9"), Pair("grid.model", "[a, b]"),
                          Pair("grid.potential", "[f(x=1,y=2)]"), Pair("train.loss.logit_l2", "0"),
                          Pair("optimizer.groups", "{}"), Pair("unheard_of", "7")));
  config.write("a: [1, 2\n");
  EXPECT_THROW(read_config_keys(config.path), ConfigError);
  EXPECT_THROW(read_config_keys(config.folder / "absent.yaml"), MissingError);
}

}  // namespace
}  // namespace mirrortune::test
