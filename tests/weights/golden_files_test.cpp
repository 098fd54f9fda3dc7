#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/sha256.h"
#include "support/paths.h"
#include "weights/inspect.h"
#include "weights/safetensors_writer.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

using test::fixture;

/// A number of expected.json, where "nan", "inf" and "-inf" are text.
double number_of(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

bool same_number(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

void expect_values(const WeightsFile& file, const TensorInfo& tensor, const Json& expected) {
  std::vector<double> values(static_cast<std::size_t>(tensor.elements()));
  file.read_values(tensor, 0, std::span<double>(values));
  ASSERT_EQ(values.size(), expected.size()) << tensor.name;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(same_number(values[i], number_of(expected[i])))
        << tensor.name << "[" << i << "]: " << values[i] << ", not " << expected[i];
  }
}

void expect_state(const WeightsFile& file, const Json& state) {
  ASSERT_EQ(file.tensors().size(), state.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto name = state[i]["name"].get<std::string>();
    ASSERT_NE(file.find(name), nullptr) << name;
    const auto& tensor = *file.find(name);
    if (file.format() != "safetensors") {
      EXPECT_EQ(file.tensors()[i].name, name) << "the order of the state dict is kept";
    }
    EXPECT_EQ(torch_name(tensor.dtype), state[i]["dtype"].get<std::string>()) << tensor.name;
    EXPECT_EQ(tensor.shape, state[i]["shape"].get<std::vector<std::int64_t>>()) << tensor.name;
    EXPECT_EQ(sha256_hex(file.read(tensor).bytes), state[i]["sha256"].get<std::string>()) << tensor.name;
    EXPECT_EQ(summarize_values(file, tensor).sha256, state[i]["sha256"].get<std::string>()) << tensor.name;
    expect_values(file, tensor, state[i]["values"]);
  }
}

class GoldenFile : public testing::TestWithParam<std::string> {};

TEST_P(GoldenFile, HoldsTheNamesTypesShapesAndValuesThatPyTorchSaved) {
  const Json expected = read_json(fixture("weights/expected.json"));
  const Json& entry = expected["files"][GetParam()];
  const auto file = WeightsFile::open(fixture("weights/" + GetParam()));
  EXPECT_EQ(file->format(), entry["format"].get<std::string>());
  expect_state(*file, expected["states"][entry["state"].get<std::string>()]);
}

TEST_P(GoldenFile, IsTheSameAfterConversionToSafetensors) {
  const Json expected = read_json(fixture("weights/expected.json"));
  const Json& entry = expected["files"][GetParam()];
  const test::TemporaryFolder folder;
  convert_weights(fixture("weights/" + GetParam()), folder / "out.safetensors", Overwrite::refuse);
  const auto file = WeightsFile::open(folder / "out.safetensors");
  EXPECT_EQ(file->format(), "safetensors");
  EXPECT_THAT(file->metadata(), testing::Contains(testing::Pair("format", "pt")));
  expect_state(*file, expected["states"][entry["state"].get<std::string>()]);
}

TEST(GoldenSafetensors, HoldTheMetadataThatPythonWrote) {
  const auto file = WeightsFile::open(fixture("weights/dtypes.safetensors"));
  EXPECT_THAT(file->metadata(),
              testing::ElementsAre(testing::Pair("format", "pt"), testing::Pair("note", "größe\n")));
}

std::vector<std::string> golden_files() {
  std::vector<std::string> names;
  const Json expected = read_json(fixture("weights/expected.json"));
  for (const auto& [name, entry] : expected["files"].items()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(AllFiles, GoldenFile, testing::ValuesIn(golden_files()), [](const auto& instance) {
  std::string name = instance.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

}  // namespace
}  // namespace mirrortune
