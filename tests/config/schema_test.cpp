#include "config/detail/schema.h"

#include <set>
#include <string>

#include <gmock/gmock.h>

#include "config_file.h"

namespace mirrortune::test {
namespace {

/// A grid with networks of every kind that the key is for.
std::string grid_for(const config::Key& key) {
  return (key.networks & config::kImageClassifiers) != 0 ? "grid.model=[resnet18]"
                                                         : "grid.model=[simsiam_resnet18]";
}

/// A value of the key that differs from its default, as an override.
std::string another_value(const config::Key& key) {
  using config::Kind;
  const auto& type = key.type;
  std::string value;
  switch (type.kind) {
    case Kind::boolean:
      value = key.fallback == "true" ? "false" : "true";
      break;
    case Kind::integer:
      value = "7";
      break;
    case Kind::number:
      value = "0.25";
      break;
    case Kind::choice:
      value = std::string(type.words.back() == key.fallback ? type.words.front() : type.words.back());
      break;
    case Kind::path:
      value = "elsewhere";
      break;
    case Kind::md5:
      value = "0123456789abcdef0123456789abcdef";
      break;
    case Kind::potential:
      value = "4-norm";
      break;
    case Kind::model:
      value = "resnet34";
      break;
    case Kind::potential_by_pattern:
      value = "{BatchNorm2d: 2-norm}";
      break;
    case Kind::name:
      value = "other";
      break;
  }
  return std::string(key.name) + "=" + (type.is_list ? "[" + value + "]" : value);
}

TEST(Schema, EveryKeyThatShapesATrialChangesItsIdentity) {
  for (const config::Key& key : config::schema()) {
    if (!key.set_cell) continue;
    const ConfigFile config(kSmallest);
    const auto before = config.load({grid_for(key)}).cells[0].identity;
    const auto after = config.load({grid_for(key), another_value(key)}).cells[0].identity;
    // A kind of optimiser shapes trials by the defaults it brings to other keys.
    const bool brings_defaults = key.name == config::kOptimizerKind;
    EXPECT_EQ(before != after, key.identity || brings_defaults) << key.name;
  }
}

TEST(Schema, EveryKeyIsWrittenToTheResolvedFile) {
  for (const config::Key& key : config::schema()) {
    if (key.name == "schema_version") continue;
    const ConfigFile config(kSmallest);
    EXPECT_NE(config.load({grid_for(key)}).resolved_yaml,
              config.load({grid_for(key), another_value(key)}).resolved_yaml)
        << key.name;
  }
}

TEST(Schema, EveryDefaultIsAValueOfItsOwnType) {
  for (const config::Key& key : config::schema()) {
    if (!key.fallback) continue;
    for (const std::string_view text : {*key.fallback, key.adamw_fallback}) {
      if (text.empty()) continue;
      config::Problems problems;
      const auto node = config::parse_yaml(std::string(text), {.origin = "default"}, problems);
      const auto value = config::parse_value(key.type, node, {.folder = "/"}, problems);
      ASSERT_TRUE(value && problems.empty()) << key.name;
      if (key.type.kind == config::Kind::path) continue;
      EXPECT_EQ(config::to_yaml(*value, key.type.kind), text);
    }
  }
}

TEST(Schema, EveryWordOfAChoiceIsItsOwnEnumerator) {
  const ConfigFile config(kSmallest);
  EXPECT_EQ(config.load({"data.preprocessing=torchvision"}).cells[0].data.preprocessing,
            Preprocessing::torchvision);
  EXPECT_EQ(config.load({"data.augment=crop_flip"}).cells[0].data.augment, Augment::crop_flip);
  const auto views = ConfigFile(kSmallest)
                         .load({"grid.model=[simsiam_resnet18]", "data.views.crop=random_resized",
                                "data.views.jitter=standard"})
                         .cells[0]
                         .data.views;
  EXPECT_EQ(views.crop, ViewCrop::random_resized);
  EXPECT_EQ(views.jitter, ColorJitter::standard);
  EXPECT_EQ(config.load({"train.precision=fp32"}).cells[0].train.precision, Precision::fp32);
  EXPECT_EQ(config.load({"train.precision=bf16"}).cells[0].train.precision, Precision::bf16);
  EXPECT_EQ(config.load({"train.precision=fp16"}).cells[0].train.precision, Precision::fp16);
  EXPECT_EQ(config.load({"optimizer.normalization=rms"}).cells[0].optimizer.normalization,
            Normalization::rms);
  EXPECT_EQ(config.load({"optimizer.decay=decoupled"}).cells[0].optimizer.decay, Decay::decoupled);
  EXPECT_EQ(config.load({"optimizer.decay=bregman"}).cells[0].optimizer.decay, Decay::bregman);
  EXPECT_EQ(config.load({"optimizer.form=dual_averaging"}).cells[0].optimizer.form, Form::dual_averaging);
  EXPECT_EQ(config.load({"optimizer.form=pair"}).cells[0].optimizer.form, Form::pair);
  EXPECT_EQ(config.load({"optimizer.zeros=eps"}).cells[0].optimizer.zeros, ZeroPolicy::eps);
  EXPECT_EQ(config.load({"optimizer.zeros=mask"}).cells[0].optimizer.zeros, ZeroPolicy::mask);
  EXPECT_EQ(config.load({"optimizer.nonfinite_gradients=skip"}).cells[0].optimizer.nonfinite_gradients,
            NonfiniteGradients::skip);
  EXPECT_EQ(config.load({"optimizer.nonfinite_gradients=error"}).cells[0].optimizer.nonfinite_gradients,
            NonfiniteGradients::error);
  EXPECT_EQ(config.load({"lr.select=smallest_reaching_target"}).cells[0].lr.select,
            SearchSelect::smallest_reaching_target);
  EXPECT_EQ(config.load({"analysis.head=include"}).analysis.head, HeadRule::include);
  EXPECT_EQ(config.load({"analysis.head=as_published"}).analysis.head, HeadRule::as_published);
}

TEST(Schema, NamesAreUniqueAndEveryKeyHasHelp) {
  std::set<std::string_view> names;
  for (const config::Key& key : config::schema()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_FALSE(key.set_cell && key.set_experiment) << key.name;
  }
}

}  // namespace
}  // namespace mirrortune::test
