// What stands beside the weights, under which key they stand, and what wrappers put before their names.
#include <algorithm>

#include "weights/file_builder.h"

namespace mirrortune {
namespace {

using test::fixture;
using test::pickled;
using test::pickled_dict;
using test::pickled_text;

const std::string kTensor = pickled(test::TensorText{});

/// A checkpoint of these entries, opened.
std::unique_ptr<WeightsFile> checkpoint(const std::vector<std::pair<std::string, std::string>>& entries) {
  const test::TemporaryFolder folder;
  test::spill(folder / "c.pth", test::pth_of(test::whole_pickle(pickled_dict(entries))));
  return WeightsFile::open(folder / "c.pth");
}

std::vector<std::string> names_of(const WeightsFile& file) {
  std::vector<std::string> names;
  for (const auto& tensor : file.tensors()) names.push_back(tensor.name);
  return names;
}

TEST(Checkpoint, SaysUnderWhichKeyItsWeightsStood) {
  EXPECT_EQ(WeightsFile::open(fixture("weights/network.pth"))->section(), "");
  EXPECT_EQ(WeightsFile::open(fixture("weights/dtypes.safetensors"))->section(), "");
  EXPECT_EQ(WeightsFile::open(fixture("weights/checkpoint.pth"))->section(), "state_dict");
  EXPECT_EQ(WeightsFile::open(fixture("weights/training.pth"))->section(), "model");
  EXPECT_EQ(WeightsFile::open(fixture("weights/training.legacy.pth"))->section(), "model");
}

TEST(Checkpoint, OnlyDictOfTensorsIsTakenUnderAUsualName) {
  const std::string weights = pickled_dict({{"w", kTensor}});
  for (const std::string key : {"model", "model_state_dict", "net", "params"}) {
    const auto file = checkpoint({{"epoch", "K\x01"}, {"loss", kTensor}, {key, weights}, {"other", "}"}});
    EXPECT_EQ(file->section(), key);
    EXPECT_THAT(names_of(*file), testing::ElementsAre("w"));
  }
}

TEST(Checkpoint, StateDictComesBeforeAnyOtherKey) {
  const auto file = checkpoint(
      {{"model", pickled_dict({{"other", kTensor}})}, {"state_dict", pickled_dict({{"w", kTensor}})}});
  EXPECT_EQ(file->section(), "state_dict");
  EXPECT_THAT(names_of(*file), testing::ElementsAre("w"));
}

TEST(Checkpoint, ModelMayBeTheNameOfATensorToo) {
  const auto file = checkpoint({{"model", kTensor}, {"state_dict", kTensor}});
  EXPECT_EQ(file->section(), "");
  EXPECT_THAT(names_of(*file), testing::ElementsAre("model", "state_dict"));
}

struct AmbiguousCase {
  std::string name;
  std::vector<std::pair<std::string, std::string>> entries;
  std::string words;
};
void PrintTo(const AmbiguousCase& c, std::ostream* out) { *out << c.name; }

class AmbiguousCheckpoint : public testing::TestWithParam<AmbiguousCase> {};

TEST_P(AmbiguousCheckpoint, IsRefusedAndNamesWhatCouldBeSavedAlone) {
  test::expect_refused(test::pth_of(test::whole_pickle(pickled_dict(GetParam().entries))), GetParam().words);
}

const std::string kWeights = pickled_dict({{"w", kTensor}});

INSTANTIATE_TEST_SUITE_P(
    All, AmbiguousCheckpoint,
    testing::Values(
        AmbiguousCase{"TwoModels",
                      {{"model", kWeights}, {"model_ema", kWeights}},
                      "it holds several state dicts: \"model\", \"model_ema\""},
        AmbiguousCase{"UnusualName",
                      {{"epoch", "K\x01"}, {"mine", kWeights}, {"optimizer", pickled_dict({{"lr", "N"}})}},
                      "Save the one of \"mine\" that holds the weights"},
        AmbiguousCase{
            "TensorsBesideADict", {{"w", kTensor}, {"extra", kWeights}}, "its entry \"extra\" is no"},
        AmbiguousCase{"MixedDict",
                      {{"model", pickled_dict({{"w", kTensor}, {"epoch", "K\x01"}})}},
                      "its entry \"model\" is no tensor"},
        AmbiguousCase{"EmptyDict", {{"model", "}"}, {"epoch", "K\x01"}}, "its entry \"model\" is no tensor"}),
    [](const auto& instance) { return instance.param.name; });

struct CompanyCase {
  std::string name, value;
};
void PrintTo(const CompanyCase& c, std::ostream* out) { *out << c.name; }

/// A value as it may stand beside the weights of a checkpoint.
class Company : public testing::TestWithParam<CompanyCase> {};

TEST_P(Company, IsSkippedBesideTheWeights) {
  const auto file = checkpoint({{"beside", GetParam().value}, {"state_dict", kWeights}});
  EXPECT_THAT(names_of(*file), testing::ElementsAre("w"));
}

TEST_P(Company, IsRefusedWhereATensorIsWanted) {
  test::expect_refused(test::pth_of(test::whole_pickle(
                           pickled_dict({{"state_dict", pickled_dict({{"w", GetParam().value}})}}))),
                       "its entry \"w\" is no tensor");
}

const std::string kBytes = "c_codecs\nencode\n" + pickled_text("ab") + pickled_text("latin1") + "\x86R";
const std::string kFloat64 = "cnumpy\ndtype\n" + pickled_text("f8") + "\x89\x88\x87R(K\x03" +
                             pickled_text("<") + "NNNJ\xff\xff\xff\xffJ" +
                             std::string("\xff\xff\xff\xffK\0tb", 8);

INSTANTIATE_TEST_SUITE_P(
    All, Company,
    testing::Values(
        CompanyCase{"Namespace", "cargparse\nNamespace\n)\x81}(" + pickled_text("lr") + "K\x01ub"},
        CompanyCase{"ScalarOfNumpy1", "cnumpy.core.multiarray\nscalar\n" + kFloat64 + kBytes + "\x86R"},
        CompanyCase{"ScalarOfNumpy2", "cnumpy._core.multiarray\nscalar\n" + kFloat64 + kBytes + "\x86R"},
        CompanyCase{"DefaultDict",
                    "ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(" + pickled_text("k") + "K\x01u"},
        CompanyCase{"Deque",
                    "ccollections\ndeque\n]\x85R(K\x01K\x02"
                    "e"},
        CompanyCase{"SetOfPython2",
                    "c__builtin__\nset\n](K\x01K\x02"
                    "e\x85R"},
        CompanyCase{"ByteArrayOfProtocol5", "\x96" + test::little_endian(3, 8) + "abc"},
        CompanyCase{"ElementType", "ctorch\nfloat16\n"},
        CompanyCase{"NamespaceOfItself",
                    "cargparse\nNamespace\n)\x81q\x01}(" + pickled_text("me") + "h\x01ub"}),
    [](const auto& instance) { return instance.param.name; });

TEST(Checkpoint, TensorOfATypeThatIsNotReadIsSkippedBesideTheWeights) {
  const std::string complex =
      pickled(test::TensorText{.storage = {.key = "9", .type = "ComplexFloatStorage"}});
  EXPECT_THAT(names_of(*checkpoint({{"fft", complex}, {"state_dict", kWeights}})), testing::ElementsAre("w"));
}

TEST(Checkpoint, TensorOfTheOldestFormIsRead) {
  const std::string v1 = "ctorch._utils\n_rebuild_tensor\n(" + pickled(test::StorageText{}) + pickled(0) +
                         pickled(std::vector<std::int64_t>{6}) + pickled(std::vector<std::int64_t>{1}) + "tR";
  EXPECT_THAT(checkpoint({{"w", v1}})->tensors().at(0).shape, testing::ElementsAre(6));
}

/// The file's names, and the prefix that was dropped from them, as one line.
std::string after_dropping(const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& name : names) entries.emplace_back(name, kTensor);
  const auto file = checkpoint(entries);
  std::string line = file->dropped_prefix() + "|";
  for (const auto& name : names_of(*file)) {
    EXPECT_NE(file->find(name), nullptr);
    line += " " + name;
  }
  return line;
}

TEST(Prefix, OfAWrapperIsDroppedIfAllNamesHaveIt) {
  EXPECT_EQ(after_dropping({"module.a", "module.b"}), "module.| a b");
  EXPECT_EQ(after_dropping({"model.a", "model.b.c"}), "model.| a b.c");
  EXPECT_EQ(after_dropping({"_orig_mod.a"}), "_orig_mod.| a");
  EXPECT_EQ(after_dropping({"a", "b"}), "| a b");
}

TEST(Prefix, OfSeveralWrappersIsDroppedWhole) {
  EXPECT_EQ(after_dropping({"module.model.a", "module.model.b"}), "module.model.| a b");
  EXPECT_EQ(after_dropping({"model.module.a", "model.module.b"}), "model.module.| a b");
  EXPECT_EQ(after_dropping({"_orig_mod.module.a"}), "_orig_mod.module.| a");
  EXPECT_EQ(after_dropping({"module._orig_mod.model.a"}), "module._orig_mod.model.| a");
}

TEST(Prefix, StaysAsFarAsTheNamesDiffer) {
  EXPECT_EQ(after_dropping({"module.a", "b"}), "| module.a b");
  EXPECT_EQ(after_dropping({"module.a", "model.a"}), "| module.a model.a");
  EXPECT_EQ(after_dropping({"module.encoder.a", "module.predictor.a"}), "module.| encoder.a predictor.a")
      << "SimSiam's encoder and predictor keep their own names";
  EXPECT_EQ(after_dropping({"module.model.a", "module.b"}), "module.| model.a b");
}

TEST(Prefix, NeverLeavesANameEmpty) {
  EXPECT_EQ(after_dropping({"module.a", "module."}), "| module.a module.");
  EXPECT_EQ(after_dropping({"module.module."}), "module.| module.");
  EXPECT_EQ(after_dropping({}), "|");
}

TEST(Prefix, ThatIsOnlyTheStartOfALongerNameStays) {
  EXPECT_EQ(after_dropping({"module2.a", "module2.b"}), "| module2.a module2.b");
}

}  // namespace
}  // namespace mirrortune
