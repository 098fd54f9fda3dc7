#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "config_file.h"

namespace mirrortune::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A configuration with one mistake, and what must be said about it.
struct BadConfig {
  std::string text;
  std::vector<std::string> words;  ///< each must stand in the message
};

void PrintTo(const BadConfig& bad, std::ostream* out) { *out << bad.text; }

std::string with(const std::string& line) { return kSmallest + line + "\n"; }

std::string replaced(const std::string& old, const std::string& now) {
  std::string text = kSmallest;
  return text.replace(text.find(old), old.size(), now);
}

class EveryMistake : public testing::TestWithParam<BadConfig> {};

TEST_P(EveryMistake, IsToldWithItsPlaceAndWhatIsAllowed) {
  const std::string message = ConfigFile(GetParam().text).error();
  ASSERT_NE(message, "") << "this configuration was accepted";
  for (const auto& word : GetParam().words) EXPECT_THAT(message, HasSubstr(word));
  EXPECT_THAT(message, Not(HasSubstr("errors\n"))) << "one mistake is one error";
}

INSTANTIATE_TEST_SUITE_P(
    Keys, EveryMistake,
    testing::Values(
        BadConfig{with("optimzer: {momentum: 0}"),
                  {"exp.yaml:8:1", "unknown key 'optimzer'", "did you mean 'optimizer'"}},
        BadConfig{
            with("optimizer: {momentun: 0}"),
            {"exp.yaml:8:13", "'optimizer.momentun'", "did you mean 'optimizer.momentum'", "dampening"}},
        BadConfig{with("epochs: 3"), {"exp.yaml:8:1", "did you mean 'train.epochs'"}},
        BadConfig{with("train:\n  epochs: 3\n  epochs: 4"),
                  {"exp.yaml:10:3", "duplicate key 'epochs'", "exp.yaml:9:3"}},
        BadConfig{with("name: again"), {"exp.yaml:8:1", "duplicate key 'name'", "exp.yaml:2:1"}},
        BadConfig{with("zzz: 1"), {"exp.yaml:8:1", "unknown key 'zzz'; allowed here: schema_version, name"}},
        BadConfig{with("[a, b]: 1"), {"exp.yaml:8:1", "a key must be a word"}},
        BadConfig{with("train: 3"), {"exp.yaml:8:8", "'train' must be a map of keys: epochs, batch_size"}},
        BadConfig{with("train:"), {"exp.yaml:8:1", "'train' must be a map"}},
        BadConfig{with("train: [1]"), {"exp.yaml:8:8", "'train' must be a map"}},
        BadConfig{replaced("name: demo\n", ""), {"exp.yaml:1:1", "'name' is missing"}},
        BadConfig{replaced("model: {weights: resnet18.pth}\n", ""), {"'model.weights' is missing"}},
        BadConfig{replaced("{root: images}", "{holdout: 3}"), {"exp.yaml:7:1", "'data.root' is missing"}},
        BadConfig{replaced("schema_version: 1\n", ""), {"'schema_version' is missing"}},
        BadConfig{"# nothing\n", {"exp.yaml:1:1", "the file is empty"}},
        BadConfig{"- a\n- b\n", {"exp.yaml:1:1", "a map of keys"}}));

INSTANTIATE_TEST_SUITE_P(
    Values, EveryMistake,
    testing::Values(
        BadConfig{with("lr: fast"), {"exp.yaml:8:5", "'lr' must be a map of keys: search", "fixed"}},
        BadConfig{replaced("{root: images}", "{root: images, md5: [0123]}"),
                  {"exp.yaml:7:28", "'0123'", "an MD5 of 32 digits"}},
        BadConfig{replaced("{root: images}", "{root: images, md5: [g123456789abcdef0123456789abcdef]}"),
                  {"exp.yaml:7:28", "an MD5 of 32 digits"}},
        BadConfig{with("lr: {fixed: fast}"), {"exp.yaml:8:13", "'fast'", "a number above 0"}},
        BadConfig{with("lr: {fixed: .nan}"), {"exp.yaml:8:13", "'.nan'", "a number above 0"}},
        BadConfig{with("lr: {fixed: nan}"), {"exp.yaml:8:13", "'nan'", "a number above 0"}},
        BadConfig{with("lr: {fixed: inf}"), {"exp.yaml:8:13", "'inf'", "a number above 0"}},
        BadConfig{with("lr: {fixed: 0}"), {"exp.yaml:8:13", "'0'", "a number above 0"}},
        BadConfig{with("lr: {fixed: 1e999}"), {"exp.yaml:8:13", "'1e999'"}},
        BadConfig{with("lr: {search: 0.1}"),
                  {"exp.yaml:8:14", "is no list", "a list like [a, b], each a number above 0"}},
        BadConfig{with("lr: {search: []}"), {"exp.yaml:8:14", "the list is empty"}},
        BadConfig{with("lr: {search: [1e-2, 1e-3]}"), {"exp.yaml:8:21", "'1e-3' is below the one before it"}},
        BadConfig{with("lr: {search: [1e-2, 0.01]}"), {"exp.yaml:8:21", "'0.01' stands twice"}},
        BadConfig{with("lr: {search: [0.1], fixed: 0.1}"),
                  {"exp.yaml:8:6", "'lr.search' has no effect beside 'lr.fixed'"}},
        BadConfig{with("lr: {target_accuracy: 100}"), {"exp.yaml:8:23", "from 0 to 1"}},
        BadConfig{with("lr: {select: lowest}"), {"exp.yaml:8:14", "lowest_loss, smallest_reaching_target"}},
        BadConfig{with("lr: {fixed: {2-norm: 0.1}}"), {"exp.yaml:8:6", "no value for 'negative_entropy'"}},
        BadConfig{with("lr: {fixed: {negative_entropy: 0.1, 2-norm: 0.1, 2.0-norm: 1}}"),
                  {"exp.yaml:8:50", "'2-norm' stands twice"}},
        BadConfig{with("train: {epochs: 3.5}"),
                  {"exp.yaml:8:17", "'3.5'", "a whole number from 1 to 1000000"}},
        BadConfig{with("train: {epochs: 0}"), {"exp.yaml:8:17", "a whole number from 1"}},
        BadConfig{with("train: {epochs: -1}"), {"exp.yaml:8:17", "a whole number from 1"}},
        BadConfig{with("train: {epochs: \"30\"}"), {"exp.yaml:8:17", "'30' is text in quotes"}},
        BadConfig{with("train: {epochs: 99999999999999999999}"), {"exp.yaml:8:17", "a whole number"}},
        BadConfig{with("train: {epochs: }"), {"exp.yaml:8:9", "there is no value", "a whole number"}},
        BadConfig{with("train: {epochs: ~}"), {"exp.yaml:8:9", "there is no value"}},
        BadConfig{with("train: {epochs: [3]}"), {"exp.yaml:8:17", "a list stands here"}},
        BadConfig{with("train: {epochs: {a: 3}}"), {"exp.yaml:8:17", "a map stands here"}},
        BadConfig{with("train: {precision: fp322}"),
                  {"exp.yaml:8:20", "auto, fp32, bf16, fp16", "did you mean 'fp32'"}},
        BadConfig{with("optimizer: {nesterov: yes}"), {"exp.yaml:8:23", "'yes' is not true or false"}},
        BadConfig{with("optimizer: {nesterov: True}"), {"exp.yaml:8:23", "'True' is not true or false"}},
        BadConfig{with("optimizer: {nesterov: 1}"), {"exp.yaml:8:23", "'1' is not true or false"}},
        BadConfig{with("optimizer: {nesterov: 'true'}"), {"exp.yaml:8:23", "text in quotes"}},
        BadConfig{with("optimizer: {nesterov: true, momentum: 0}"),
                  {"exp.yaml:8:13", "needs optimizer.momentum above 0"}},
        BadConfig{with("optimizer: {dampening: 1.5}"), {"exp.yaml:8:24", "from 0 to 1"}},
        BadConfig{with("optimizer: {second_moment: 1}"), {"exp.yaml:8:28", "'1' is not a number from 0 to"}},
        BadConfig{with("optimizer: {second_moment: 0.9, dampening: 0.1}"),
                  {"exp.yaml:8:13", "needs optimizer.momentum below 1, optimizer.dampening 0"}},
        BadConfig{with("optimizer: {form: lazy}"), {"exp.yaml:8:19", "mirror_descent, dual_averaging, pair"}},
        BadConfig{with("optimizer: {form: dual_averaging, decay: bregman, weight_decay: 1}"),
                  {"exp.yaml:8:13", "takes optimizer.decay coupled only"}},
        BadConfig{with("optimizer: {form: dual_averaging, zeros: eps}"),
                  {"exp.yaml:8:13", "takes optimizer.zeros keep or mask"}},
        BadConfig{with("optimizer: {groups: [2-norm]}"),
                  {"exp.yaml:8:21", "a list stands here", "a map from"}},
        BadConfig{with("optimizer: {groups: {BatchNorm2d: adam}}"),
                  {"exp.yaml:8:35", "unknown potential 'adam'"}}));

INSTANTIATE_TEST_SUITE_P(
    GridAndModels, EveryMistake,
    testing::Values(
        BadConfig{replaced("[resnet18]", "[resnet81]"),
                  {"exp.yaml:4:11", "'resnet81'", "did you mean 'resnet18'", "Known: shuffle"}},
        BadConfig{replaced("[resnet18]", "[]"), {"exp.yaml:4:10", "the list is empty"}},
        BadConfig{replaced("[resnet18]", "resnet18"), {"exp.yaml:4:10", "is no list"}},
        BadConfig{replaced("[resnet18]", "[resnet18, resnet18]"), {"exp.yaml:4:21", "stands twice"}},
        BadConfig{replaced("2-norm]", "1-norm]"), {"exp.yaml:5:33", "1-norm"}},
        BadConfig{replaced("2-norm]", "l2]"), {"exp.yaml:5:33", "'l2'", "negative_entropy"}},
        BadConfig{replaced("2-norm]", "2-norm, 2.0-norm]"), {"exp.yaml:5:41", "stands twice"}},
        BadConfig{replaced("model: {weights: resnet18.pth}", "model: {weights: {resnet34: a.pth}}"),
                  {"exp.yaml:6:9", "'model.weights' has no value for 'resnet18'"}},
        BadConfig{replaced("weights: resnet18.pth", "weights: none, reinit_head: true"),
                  {"exp.yaml:6:24", "no effect"}},
        BadConfig{replaced("weights: resnet18.pth", "weights: ''"), {"exp.yaml:6:18", "is empty"}},
        BadConfig{replaced("weights: resnet18.pth", "weights: r.pth, classes: 1"),
                  {"exp.yaml:6:34", "a whole number from 2"}},
        BadConfig{replaced("  potential", "  train.epohcs: [1]\n  potential"),
                  {"exp.yaml:5:3", "unknown axis 'train.epohcs'", "did you mean 'train.epochs'"}},
        BadConfig{replaced("  potential", "  name: [a, b]\n  potential"),
                  {"exp.yaml:5:3", "whole experiment"}},
        BadConfig{replaced("  potential", "  train.epochs: 3\n  potential"),
                  {"exp.yaml:5:17", "an axis is a list"}},
        BadConfig{replaced("  potential", "  train.epochs: [3, 03]\n  potential"),
                  {"exp.yaml:5:21", "stands twice"}},
        BadConfig{replaced("  potential", "  train.epochs: [3]\n  potential") + "train: {epochs: 3}\n",
                  {"exp.yaml:5:3", "is an axis of the grid and a key of its own, at exp.yaml:9:9"}},
        BadConfig{with("seeds: {count: 0}"), {"exp.yaml:8:16", "from 1 to 10000"}},
        BadConfig{with("seeds: {count: 3, list: [1]}"), {"exp.yaml:8:9", "no effect beside 'seeds.list'"}},
        BadConfig{with("seeds: {list: [1, 1]}"), {"exp.yaml:8:19", "stands twice"}},
        BadConfig{with("snapshots: {epochs: [200]}"),
                  {"exp.yaml:8:13", "no training has more than 150 epochs"}},
        BadConfig{with("data2: {}"), {"exp.yaml:8:1", "did you mean 'data'"}},
        BadConfig{replaced("name: demo", "name: a b"), {"exp.yaml:2:7", "1 to 64 characters"}},
        BadConfig{replaced("name: demo", "name: .."), {"exp.yaml:2:7", "1 to 64 characters"}},
        BadConfig{replaced("name: demo", "name: ../up"), {"exp.yaml:2:7", "1 to 64 characters"}},
        BadConfig{replaced("schema_version: 1", "schema_version: 2"), {"exp.yaml:1:17", "'2' is not 1"}},
        BadConfig{replaced("root: images", "root: '${MIRRORTUNE_UNSET}/x'"),
                  {"exp.yaml:7:14", "'MIRRORTUNE_UNSET', which is not set"}},
        BadConfig{replaced("root: images", "root: '${HOME'"), {"exp.yaml:7:14", "${ without }"}}));

INSTANTIATE_TEST_SUITE_P(
    Yaml, EveryMistake,
    testing::Values(
        BadConfig{with("train: &t {epochs: 3}"), {"exp.yaml:8:8", "anchors (&name) are not allowed"}},
        BadConfig{with("train: {epochs: *name}"), {"exp.yaml:8:17", "aliases (*name) are not allowed"}},
        BadConfig{with("train: {epochs: !!int 3}"), {"exp.yaml:8:17", "tags", "are not allowed"}},
        BadConfig{with("train: !mine {epochs: 3}"), {"exp.yaml:8:8", "tags ('!mine') are not allowed"}},
        BadConfig{with("---\nname: second"), {"exp.yaml:8:1", "a second document"}},
        BadConfig{with("train: {epochs: 3"), {"exp.yaml:", "not YAML"}},
        BadConfig{with("train: \"open"), {"exp.yaml:", "not YAML"}},
        BadConfig{with("\ttrain: 3"), {"exp.yaml:8:", "not YAML"}},
        BadConfig{with(std::string("na\0me: x", 8)), {"exp.yaml:8:3", "control character"}},
        BadConfig{with("x: \xff"), {"exp.yaml:8:1", "not UTF-8"}},
        BadConfig{with("data3: " + std::string(200, '[') + std::string(200, ']')),
                  {"exp.yaml:8:23", "nested deeper than 16"}}));

TEST(BadConfig, EveryErrorIsToldAtOnceInTheOrderOfTheFile) {
  const std::string message =
      ConfigFile(with("train: {epohcs: 3, batch_size: many}\nlr: fast")).error({"optimizer.momentum=-1"});
  EXPECT_THAT(message, HasSubstr("exp.yaml: 4 errors\n  exp.yaml:8:9: unknown key 'train.epohcs'"));
  EXPECT_THAT(message, HasSubstr("\n  exp.yaml:8:32: 'many' is not a whole number"));
  EXPECT_THAT(message, HasSubstr("\n  exp.yaml:9:5: 'lr' must be a map"));
  EXPECT_THAT(message, HasSubstr("\n  -s optimizer.momentum=-1: '-1' is not a number of at least 0"));
}

TEST(BadConfig, AnAliasOfAnAnchorIsToldLikeTheAnchor) {
  const std::string message = ConfigFile(with("train: {epochs: &e 3, batch_size: *e}")).error();
  EXPECT_THAT(message, HasSubstr("exp.yaml:8:17: anchors"));
  EXPECT_THAT(message, HasSubstr("exp.yaml:8:35: aliases"));
}

TEST(BadConfig, AWrongOverrideIsToldWithTheOverrideAsItsPlace) {
  const ConfigFile config(kSmallest);
  EXPECT_THAT(config.error({"train.epochs=x"}), HasSubstr("-s train.epochs=x: 'x' is not a whole number"));
  EXPECT_THAT(config.error({"train.epohcs=3"}), HasSubstr("did you mean 'train.epochs'"));
  EXPECT_THAT(config.error({"train.epochs"}), HasSubstr("must be key=value"));
  EXPECT_THAT(config.error({"=3"}), HasSubstr("must be key=value"));
  EXPECT_THAT(config.error({"train.epochs="}), HasSubstr("there is no value"));
  EXPECT_THAT(config.error({"train.epochs=*a"}), HasSubstr("aliases"));
  EXPECT_THAT(config.error({"train.epochs.more=1"}), HasSubstr("a map stands here"));
  EXPECT_THAT(config.error({"train..epochs=1"}), HasSubstr("unknown key 'train.'"));
}

TEST(BadConfig, AFileThatIsNotThereIsMissingNotInvalid) {
  EXPECT_THROW(load_experiment({.file = "/nowhere/exp.yaml"}), MissingError);
}

TEST(BadConfig, AGridOfMillionsOfCellsIsRefused) {
  std::string axes;
  for (const char* key : {"train.epochs", "train.batch_size", "data.holdout", "lr.extend_times"}) {
    axes += "  " + std::string(key) + ": [";
    for (int i = 1; i <= 100; ++i) axes += std::to_string(i) + (i < 100 ? "," : "]\n");
  }
  EXPECT_THAT(ConfigFile(replaced("  potential", axes + "  potential")).error(),
              HasSubstr("more than 10000 cells"));
}

}  // namespace
}  // namespace mirrortune::test
