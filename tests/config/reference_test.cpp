#include "config/reference.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "config/load.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// What the schema says of a dotted key; null if it has no such key.
Json node_of(const Json& schema, const std::string& key) {
  Json node = schema;
  for (const std::string& name : split(key, '.')) {
    if (!node.contains("properties") || !node["properties"].contains(name)) return nullptr;
    node = Json(node["properties"][name]);
  }
  return node;
}

TEST(ConfigJsonSchema, KnowsEveryKeyAndNoOther) {
  const Json schema = config_json_schema({});
  for (const auto& [name, help] : config_keys()) {
    const Json node = node_of(schema, name);
    ASSERT_FALSE(node.is_null()) << name;
    EXPECT_THAT(node.at("description"), testing::StartsWith(help)) << name;
  }
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(node_of(schema, "data.subset").at("additionalProperties"), false);
}

TEST(ConfigJsonSchema, TellsTypesRangesWordsAndDefaults) {
  const Json schema = config_json_schema({"resnet18", "resnet34"});
  EXPECT_EQ(node_of(schema, "train.epochs"), Json({{"type", "integer"},
                                                   {"minimum", 1},
                                                   {"maximum", 1000000},
                                                   {"description", "epochs of a training; default: 30"}}));
  EXPECT_EQ(node_of(schema, "data.crop_ratio").at("exclusiveMinimum"), 0);
  EXPECT_EQ(node_of(schema, "lr.select").at("enum"), Json({"lowest_loss", "smallest_reaching_target"}));
  EXPECT_EQ(node_of(schema, "runtime.parallel").at("anyOf").at(1).at("enum"), Json::array({"auto"}));
  EXPECT_EQ(node_of(schema, "grid.model").at("items").at("enum"), Json({"resnet18", "resnet34"}));
  EXPECT_FALSE(node_of(config_json_schema({}), "grid.model").at("items").contains("enum"));
}

TEST(ConfigJsonSchema, TakesAMapWhereAKeyMayDependOnTheNetworkOrPotential) {
  const Json by_model = node_of(config_json_schema({}), "data.resolution").at("anyOf");
  EXPECT_EQ(by_model.at(0).at("type"), "integer");
  EXPECT_EQ(by_model.at(1).at("additionalProperties"), by_model.at(0));
}

TEST(ConfigJsonSchema, TakesListsOfACellsKeysAsAxesOfTheGrid) {
  const Json grid = node_of(config_json_schema({}), "grid").at("properties");
  EXPECT_EQ(grid.at("train.epochs").at("items").at("type"), "integer");
  EXPECT_FALSE(grid.contains("output.root")) << "belongs to the whole experiment";
}

/// Is it a key, or in the map that a key may be: data.resolution.resnet18?
bool knows(const Json& schema, const std::string& key) {
  for (auto end = key.find('.'); end != std::string::npos; end = key.find('.', end + 1)) {
    if (node_of(schema, key.substr(0, end)).contains("anyOf")) return true;
  }
  return !node_of(schema, key).is_null();
}

TEST(ConfigJsonSchema, KnowsWhatTheShippedConfigurationsHold) {
  const Json schema = config_json_schema({});
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(test::kSourceDir) / "configs")) {
    if (entry.path().extension() != ".yaml" || entry.path().filename() == "slurm.yaml") continue;
    const auto keys = read_config_keys(entry.path());
    if (std::ranges::count(keys, "theory", &std::pair<std::string, std::string>::first) > 0) continue;
    ++files;
    for (const auto& [key, value] : keys) {
      if (key.starts_with("presets.")) continue;
      const bool axis =
          key.starts_with("grid.") && node_of(schema, "grid").at("properties").contains(key.substr(5));
      EXPECT_TRUE(axis || knows(schema, key)) << entry.path() << ": " << key;
    }
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace mirrortune
