#include "config/theory.h"

#include <gmock/gmock.h>

#include "config_file.h"

namespace mirrortune::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kTheory =
    "schema_version: 1\nname: fig\ntheory: dynamics\n"
    "options:\n  potentials: [2-norm, 'smooth_power(lambda=1,beta=0.1)']\n  start: [[1, 1], [2, -0.2]]\n"
    "  time_limit: 50\n"
    "presets:\n  small: {options.time_limit: 3, options.loss: bowl}\n";

TheoryConfig load(const std::string& text, const std::vector<std::string>& overrides = {},
                  const std::string& preset = "") {
  const ConfigFile config(text);
  return *load_theory({.file = config.path, .overrides = overrides, .preset = preset});
}

std::string error_of(const std::string& text, const std::string& preset = "") {
  try {
    load(text, {}, preset);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(LoadTheory, ListsAreValuesWithCommasAndListsOfListsSeveralValues) {
  const TheoryConfig config = load(kTheory);
  EXPECT_EQ(config.theory, "dynamics");
  EXPECT_EQ(config.run_directory().filename(), "fig");
  ASSERT_EQ(config.options.size(), 3u);
  EXPECT_EQ(config.options[0].key, "potentials");
  EXPECT_THAT(config.options[0].values, ElementsAre("2-norm,smooth_power(lambda=1,beta=0.1)"));
  EXPECT_THAT(config.options[1].values, ElementsAre("1,1", "2,-0.2"));
  EXPECT_THAT(config.options[2].values, ElementsAre("50"));
  EXPECT_THAT(config.options[2].place, HasSubstr("exp.yaml:7:3"));
}

TEST(LoadTheory, PresetsComeBeforeOverrides) {
  const TheoryConfig config = load(kTheory, {"options.time_limit=4", "name=other"}, "small");
  EXPECT_EQ(config.name, "other");
  ASSERT_EQ(config.options.size(), 4u);
  EXPECT_THAT(config.options[2].values, ElementsAre("4"));
  EXPECT_THAT(config.options[3].values, ElementsAre("bowl"));
}

TEST(LoadTheory, TheResolvedFileLoadsAgainToItself) {
  const TheoryConfig first =
      load(kTheory + "output: {root: 'a $${b}'}\n", {"options.table='it''s: #1.csv'"}, "small");
  EXPECT_THAT(first.resolved_yaml, testing::Not(HasSubstr("presets")));
  const TheoryConfig second = load(first.resolved_yaml);
  EXPECT_EQ(second.resolved_yaml, first.resolved_yaml);
  EXPECT_EQ(second.run_directory(), first.run_directory());
  ASSERT_EQ(second.options.size(), 5u);
  EXPECT_EQ(second.options[4].values, first.options[4].values);
  EXPECT_TRUE(std::filesystem::path(second.options[4].values[0]).is_absolute());
}

TEST(LoadTheory, AnExperimentIsNone) {
  const ConfigFile config(kSmallest);
  EXPECT_FALSE(load_theory({.file = config.path}));
}

TEST(LoadTheory, TellsEveryProblemWithItsPlace) {
  EXPECT_THAT(error_of("schema_version: 2\ntheory: dynamics\noption: {}\n"),
              AllOf(HasSubstr("'schema_version' must be 1"), HasSubstr("'name' is missing"),
                    HasSubstr("exp.yaml:3:1"), HasSubstr("did you mean 'options'?")));
  EXPECT_THAT(error_of("schema_version: 1\nname: a\ntheory: x\noptions: {a: {b: 1}, c: []}\n"),
              HasSubstr("a list like"));
  EXPECT_THAT(error_of(kTheory, "large"), HasSubstr("--preset 'large': the file has only small"));
}

TEST(LoadExperiment, APresetChangesKeysBeforeOverridesDo) {
  const ConfigFile config(kSmallest +
                          "lr: {search: [0.1, 1]}\npresets: {small: {train.epochs: 2, lr.fixed: 0.5, "
                          "grid.potential: [3-norm]}}\n");
  EXPECT_EQ(config.load().cells[0].train.epochs, 30) << "no preset is chosen";
  const std::vector<std::string> overrides = {"train.epochs=4"};
  const ExperimentOptions options = load_experiment(
      {.file = config.path, .overrides = overrides, .preset = "small", .networks = kNetworks});
  ASSERT_EQ(options.cells.size(), 1u);
  EXPECT_EQ(options.cells[0].train.epochs, 4);
  EXPECT_EQ(options.cells[0].lr.fixed, 0.5);
  EXPECT_THROW(load_experiment({.file = config.path, .preset = "large", .networks = kNetworks}), ConfigError);
  const ConfigFile none(kSmallest + "presets: {small: 3}\n");
  EXPECT_THAT(none.error(), HasSubstr("a preset must be a map"));
}

}  // namespace
}  // namespace mirrortune::test
