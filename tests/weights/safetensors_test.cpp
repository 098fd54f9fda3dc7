#include <chrono>
#include <cstring>

#include "base/json.h"
#include "base/sha256.h"
#include "weights/file_builder.h"
#include "weights/safetensors_writer.h"

namespace mirrortune {
namespace {

using test::expect_refused;
using test::safetensors_of;
using test::slurp;
using test::spill;

template <class T>
NamedArray array_of(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
                    const std::vector<T>& values) {
  NamedArray array{{.name = name, .dtype = dtype, .shape = std::move(shape)},
                   std::vector<std::byte>(values.size() * sizeof(T))};
  if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

std::vector<NamedArray> example() {
  return {array_of<std::uint8_t>("flag", DType::boolean, {3}, {1, 0, 1}),
          array_of<float>("conv.weight", DType::float32, {2, 1}, {1.5f, -2.f}),
          array_of<std::int64_t>("count", DType::int64, {}, {42}),
          array_of<float>("empty", DType::float32, {0, 4}, {})};
}

std::vector<ArrayView> views_of(const std::vector<NamedArray>& arrays) {
  std::vector<ArrayView> views;
  for (const auto& array : arrays) views.push_back(view_of(array));
  return views;
}

TEST(SafetensorsWriter, WritesWhatIsReadBack) {
  const test::TemporaryFolder folder;
  const auto arrays = example();
  write_safetensors(folder / "a.safetensors", views_of(arrays), {{"model", "resnet18"}, {"epoch", "3"}});
  const auto file = WeightsFile::open(folder / "a.safetensors");
  ASSERT_EQ(file->tensors().size(), arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    EXPECT_EQ(file->tensors()[i], arrays[i].info) << "the given order is kept";
    EXPECT_EQ(file->read(file->tensors()[i]).bytes, arrays[i].bytes);
  }
  EXPECT_THAT(file->metadata(),
              testing::ElementsAre(testing::Pair("epoch", "3"), testing::Pair("model", "resnet18")));
}

TEST(SafetensorsWriter, LaysOutExactlyTheseBytes) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", views_of(example()), {{"b", "2"}, {"a", "1"}});
  std::string header =
      R"({"__metadata__":{"a":"1","b":"2"},"flag":{"dtype":"BOOL","shape":[3],"data_offsets":[16,19]},)"
      R"("conv.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},)"
      R"("count":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
      R"("empty":{"dtype":"F32","shape":[0,4],"data_offsets":[16,16]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::string data = std::string("\x2a\0\0\0\0\0\0\0\0\0\xc0\x3f\0\0\0\xc0\1\0\1", 19);
  EXPECT_EQ(slurp(folder / "a.safetensors"), safetensors_of(header, data));
}

TEST(SafetensorsWriter, WritesAFileWithoutTensors) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "none.safetensors", {}, {});
  EXPECT_EQ(slurp(folder / "none.safetensors"), safetensors_of("{}      ", ""));
  EXPECT_TRUE(WeightsFile::open(folder / "none.safetensors")->tensors().empty());
}

TEST(SafetensorsWriter, TheHashFromMemoryIsThatOfTheFileWhichIsTheSame) {
  const test::TemporaryFolder folder;
  for (const auto& arrays : {example(), std::vector<NamedArray>()}) {
    const auto views = views_of(arrays);
    const auto hash = write_safetensors_hashed(folder / "hashed.safetensors", views, {{"a", "1"}}).get();
    write_safetensors(folder / "plain.safetensors", views, {{"a", "1"}});
    EXPECT_EQ(hash, sha256_of_file(folder / "hashed.safetensors"));
    EXPECT_EQ(hash, sha256_of_file(folder / "plain.safetensors"));
  }
}

TEST(SafetensorsWriter, RefusesNamesThatNoReaderWouldTake) {
  const test::TemporaryFolder folder;
  for (const std::string name : {"", "__metadata__", "a\nb", "\xff"}) {
    const auto array = array_of<float>(name, DType::float32, {1}, {1.f});
    EXPECT_THROW(write_safetensors(folder / "a.safetensors", std::vector{view_of(array)}, {}), WeightsError);
  }
  const auto array = array_of<float>("w", DType::float32, {1}, {1.f});
  EXPECT_THROW(write_safetensors(folder / "a.safetensors", std::vector{view_of(array), view_of(array)}, {}),
               WeightsError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is left behind";
}

TEST(SafetensorsWriter, LeavesTheOldFileWhenItIsNotCommitted) {
  const test::TemporaryFolder folder;
  spill(folder / "a.safetensors", "old");
  const auto array = array_of<float>("w", DType::float32, {2}, {1.f, 2.f});
  {
    SafetensorsWriter writer(folder / "a.safetensors", std::vector{array.info}, {});
    writer.write(array.bytes);
  }
  EXPECT_EQ(slurp(folder / "a.safetensors"), "old");
}

TEST(SafetensorsWriter, SaysWhereItCouldNotWrite) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(write_safetensors(folder / "no" / "a.safetensors", {}, {}), WriteError);
}

struct Case {
  std::string name, header, data, words;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class RefusedSafetensors : public testing::TestWithParam<Case> {};

TEST_P(RefusedSafetensors, NamesTheReason) {
  expect_refused(safetensors_of(GetParam().header, GetParam().data), GetParam().words);
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}
const std::string kManyOnes = "[1" + [] {
  std::string ones;
  for (int i = 0; i < 64; ++i) ones += ",1";
  return ones;
}() + "]";
const std::string kFour = R"({"w":)" + entry("F32", "[1]", "[0,4]") + "}";

INSTANTIATE_TEST_SUITE_P(
    All, RefusedSafetensors,
    testing::Values(
        Case{"Truncated", kFour, "123", "tells of 4 bytes of data, the file has 3"},
        Case{"TooLong", kFour, "12345", "tells of 4 bytes of data, the file has 5"},
        Case{"NotJson", R"({"w":)" + entry("F32", "[1]", "[0,4]"), "1234", "not valid JSON at byte"},
        Case{"TwoDocuments", kFour + "{}", "1234", "not valid JSON at byte"},
        Case{"InvalidUtf8", "{\"\xff\":" + entry("F32", "[1]", "[0,4]") + "}", "1234",
             "not valid JSON at byte"},
        Case{"NameTwice",
             R"({"w":)" + entry("F32", "[1]", "[0,4]") + R"(,"w":)" + entry("F32", "[1]", "[4,8]") + "}",
             "12345678", "has the key \"w\" twice"},
        Case{"KeyTwice", R"({"w":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234",
             "the key \"dtype\" twice"},
        Case{"MetadataTwice", R"({"__metadata__":{},"__metadata__":{}})", "",
             "the key \"__metadata__\" twice"},
        Case{"MetadataKeyTwice", R"({"__metadata__":{"a":"1","a":"2"}})", "", "the key \"a\" twice"},
        Case{"MetadataIsANumber", R"({"__metadata__":{"a":1}})", "", "key \"a\" holds a number"},
        Case{"MetadataIsNested", R"({"__metadata__":{"a":{}}})", "", "key \"a\" holds an object"},
        Case{"UnknownKey", R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", "1234",
             "the unknown key \"x\""},
        Case{"NoShape", R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", "1234",
             "tensor \"w\" lacks its dtype, shape"},
        Case{"OneOffset", R"({"w":)" + entry("F32", "[1]", "[0]") + "}", "1234",
             "tensor \"w\" lacks its dtype, shape"},
        Case{"ThreeOffsets", R"({"w":)" + entry("F32", "[1]", "[0,4,4]") + "}", "1234", "lacks"},
        Case{"EntryIsANumber", R"({"w":1})", "", "key \"w\" holds a number"},
        Case{"EntryIsAList", R"({"w":[]})", "", "key \"w\" holds an array"},
        Case{"NegativeExtent", R"({"w":)" + entry("F32", "[-1]", "[0,4]") + "}", "1234",
             "holds a negative number"},
        Case{"FractionalExtent", R"({"w":)" + entry("F32", "[1.0]", "[0,4]") + "}", "1234",
             "a number with a fraction"},
        Case{"NestedShape", R"({"w":)" + entry("F32", "[[1]]", "[0,4]") + "}", "1234", "holds an array"},
        Case{"TextInShape", R"({"w":)" + entry("F32", "[\"1\"]", "[0,4]") + "}", "1234", "holds text"},
        Case{"NullDtype", R"({"w":{"dtype":null,"shape":[1],"data_offsets":[0,4]}})", "1234", "holds null"},
        Case{"ManyDimensions", R"({"w":)" + entry("F32", kManyOnes, "[0,4]") + "}", "1234",
             "too many numbers"},
        Case{"ShapeOverflows", R"({"w":)" + entry("F32", "[4294967296,4294967296]", "[0,4]") + "}", "1234",
             "impossible shape"},
        Case{"ExtentOverflows", R"({"w":)" + entry("F32", "[18446744073709551615]", "[0,4]") + "}", "1234",
             "impossible shape"},
        Case{"UnknownType", R"({"w":)" + entry("F8_E5M2", "[4]", "[0,4]") + "}", "1234",
             "the type F8_E5M2, which is not read"},
        Case{"ComplexType", R"({"w":)" + entry("C64", "[1]", "[0,8]") + "}", "12345678", "the type C64"},
        Case{"WrongSize", R"({"w":)" + entry("F32", "[2]", "[0,4]") + "}", "1234",
             "of type F32 and shape [2] needs 8 bytes"},
        Case{"BackwardOffsets", R"({"w":)" + entry("F32", "[1]", "[4,0]") + "}", "1234",
             "its data_offsets are [4, 0]"},
        Case{"Gap", R"({"w":)" + entry("F32", "[1]", "[4,8]") + "}", "12345678",
             "tensor \"w\" leave a gap before them"},
        Case{"Overlap",
             R"({"v":)" + entry("F32", "[2]", "[0,8]") + R"(,"w":)" + entry("F32", "[1]", "[4,8]") + "}",
             "12345678", "tensor \"w\" overlap those before"},
        Case{"ControlCharacterInName", R"({"a\u001bb":)" + entry("F32", "[1]", "[0,4]") + "}", "1234",
             "control characters"},
        Case{"BooleanOfTwo", R"({"w":)" + entry("BOOL", "[1]", "[0,1]") + "}", "\x02", "neither 0 nor 1"}),
    [](const auto& instance) { return instance.param.name; });

TEST(RefusedSafetensors, WithAnImpossibleHeaderLengthIsRefusedBeforeItIsRead) {
  expect_refused(test::little_endian(200'000'000, 8) + kFour, "at most 100000000 are allowed");
  expect_refused(test::little_endian(90'000'000, 8) + kFour,
                 "its header says to be 90000000 bytes long, the file has");
}

TEST(RefusedSafetensors, DeepJsonEndsWithARefusalAndNotWithAFullStack) {
  const auto deep = [](const std::string& piece) {
    std::string text = "{\"a\":";
    for (int i = 0; i < 1'000'000; ++i) text += piece;
    return safetensors_of(text, "");
  };
  expect_refused(deep("["), "key \"a\" holds an array");
  expect_refused(deep("{\"a\":"), "has the unknown key \"a\"");
}

TEST(RefusedSafetensors, HeaderThatDoesNotBeginWithABraceIsNoSuchFile) {
  expect_refused(safetensors_of(" " + kFour, "1234"), "neither a .pth of PyTorch nor a .safetensors file");
  expect_refused(safetensors_of("[]", ""), "neither a .pth of PyTorch nor a .safetensors file");
}

/// What the format allows, each as a header of the four bytes of one float.
class AllowedSafetensors : public testing::TestWithParam<Case> {};

TEST_P(AllowedSafetensors, IsRead) {
  const test::TemporaryFolder folder;
  spill(folder / "a", safetensors_of(GetParam().header, GetParam().data));
  const auto file = WeightsFile::open(folder / "a");
  for (const auto& tensor : file->tensors()) file->read(tensor);
  ASSERT_NE(file->find("w"), nullptr);
  EXPECT_EQ(file->read(*file->find("w")).bytes.at(0), std::byte{'1'});
}

INSTANTIATE_TEST_SUITE_P(
    All, AllowedSafetensors,
    testing::Values(
        Case{"SpacesBehindTheHeader", kFour + "     ", "1234", ""},
        Case{"WhitespaceInTheHeader", "{\n  \"w\" : " + entry("F32", "[ 1 ]", "[0,\t4]") + "\n}", "1234", ""},
        Case{"EmptyMetadata", R"({"__metadata__":{},"w":)" + entry("F32", "[1]", "[0,4]") + "}", "1234", ""},
        Case{"Scalar", R"({"w":)" + entry("F32", "[]", "[0,4]") + "}", "1234", ""},
        Case{"EmptyTensorBetweenOthers",
             R"({"v":)" + entry("F32", "[1]", "[4,8]") + R"(,"e":)" + entry("I64", "[3,0]", "[4,4]") +
                 R"(,"w":)" + entry("F32", "[1]", "[0,4]") + "}",
             "12345678", ""},
        Case{"MisalignedData",
             R"({"b":)" + entry("BOOL", "[1]", "[4,5]") + R"(,"v":)" + entry("F64", "[1]", "[5,13]") +
                 R"(,"w":)" + entry("F32", "[1]", "[0,4]") + "}",
             "1234" + std::string("\x01", 1) + "12345678", ""},
        Case{"OrderOfTheHeaderIsFree",
             R"({"v":)" + entry("U16", "[2]", "[4,8]") + R"(,"w":)" + entry("F32", "[1]", "[0,4]") + "}",
             "12345678", ""},
        Case{"KeysOfAnEntryInAnyOrder", R"({"w":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}})", "1234",
             ""}),
    [](const auto& instance) { return instance.param.name; });

class Sharded : public testing::Test {
 protected:
  Sharded() {
    write("one.safetensors", {array_of<float>("a", DType::float32, {2}, {1.f, 2.f}),
                              array_of<float>("b", DType::float32, {1}, {3.f})});
    write("two.safetensors", {array_of<std::int64_t>("c", DType::int64, {}, {4}),
                              array_of<float>("unlisted", DType::float32, {1}, {5.f})});
    index(
        R"({"metadata":{"total_size":20},"weight_map":{"c":"two.safetensors","a":"one.safetensors","b":"one.safetensors"}})");
  }
  void write(const std::string& name, const std::vector<NamedArray>& arrays) {
    write_safetensors(folder / name, views_of(arrays), {{"format", "pt"}});
  }
  void index(const std::string& text) { spill(index_path(), text); }
  std::filesystem::path index_path() const { return folder / "model.safetensors.index.json"; }
  std::string refusal() const {
    try {
      WeightsFile::open(index_path());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data);
      return error.what();
    }
    return "was not refused";
  }

  test::TemporaryFolder folder;
};

TEST_F(Sharded, FolderAndIndexAreReadAsOneFile) {
  for (const auto& path : {folder.path(), index_path()}) {
    const auto file = WeightsFile::open(path);
    EXPECT_EQ(file->format(), "sharded safetensors");
    std::vector<std::string> names;
    for (const auto& tensor : file->tensors()) names.push_back(tensor.name);
    EXPECT_THAT(names, testing::ElementsAre("a", "b", "c"))
        << "shard by shard; what the index does not list is left out";
    double value = 0;
    file->read_values(*file->find("c"), 0, std::span<double>(&value, 1));
    EXPECT_EQ(value, 4);
    file->read_values(*file->find("a"), 1, std::span<double>(&value, 1));
    EXPECT_EQ(value, 2);
    EXPECT_EQ(file->metadata().at("format"), "pt");
  }
}

TEST_F(Sharded, SeveralIndicesInAFolderAreAmbiguous) {
  spill(folder / "other.safetensors.index.json", "{}");
  EXPECT_THROW(WeightsFile::open(folder.path()), WeightsError);
}

TEST_F(Sharded, MissingShardIsMissing) {
  std::filesystem::remove(folder / "two.safetensors");
  EXPECT_THROW(WeightsFile::open(index_path()), MissingError);
}

TEST_F(Sharded, IndexAndShardsMustAgree) {
  index(R"({"weight_map":{"z":"one.safetensors"}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("its shard one.safetensors lacks the tensor \"z\" of the index"));
  index(R"({"weight_map":{"c":"one.safetensors","a":"one.safetensors"}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("its shard one.safetensors lacks the tensor \"c\""));
  index(R"({"weight_map":{"a":"../one.safetensors"}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("something that is no file name"));
  index(R"({"weight_map":{"a":"one.safetensors","a":"one.safetensors"}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("has the key \"a\" twice"));
  index(R"({"weight_map":[]})");
  EXPECT_THAT(refusal(), testing::HasSubstr("JSON without a weight_map"));
  index(R"({"weight_map")");
  EXPECT_THAT(refusal(), testing::HasSubstr("it is not valid JSON"));
  spill(folder / "bad.safetensors", "nothing");
  index(R"({"weight_map":{"a":"bad.safetensors"}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("its shard bad.safetensors: it is no .safetensors file"));
  spill(folder / "bad.safetensors", safetensors_of(kFour, "123"));
  EXPECT_THAT(refusal(), testing::HasSubstr("its shard bad.safetensors: its header tells of 4 bytes"));
}

TEST_F(Sharded, DeeplyNestedIndexIsRefused) {
  for (const std::string piece : {"[", "{\"a\":"}) {
    std::string deep = R"({"metadata":)";
    for (int i = 0; i < 1'000'000; ++i) deep += piece;
    index(deep);
    EXPECT_THAT(refusal(), testing::HasSubstr("nested too deep"));
  }
}

TEST_F(Sharded, IndexMayHoldWhatWeDoNotKnow) {
  index(
      R"({"metadata":{"a":[1,-2,3.5,null,{"b":true}]},"weight_map":{"a":"one.safetensors","c":"two.safetensors"},"x":"y"})");
  EXPECT_EQ(WeightsFile::open(index_path())->tensors().size(), 2u);
  index(R"({"weight_map":{"a":["one.safetensors"]}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("gives tensor \"a\" something that is no file name"));
  index(R"({"weight_map":{"a":{"b":"one.safetensors"}}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("gives tensor \"a\" something that is no file name"));
  index(R"({"nested":{"weight_map":{"a":"one.safetensors"}}})");
  EXPECT_THAT(refusal(), testing::HasSubstr("JSON without a weight_map"));
}

TEST_F(Sharded, IndexOfManyTensorsIsReadInTimeLinearInItsLength) {
  std::string many = R"({"weight_map":{)";
  for (int i = 0; i < 200'000; ++i) many += "\"t" + std::to_string(i) + "\":\"one.safetensors\",";
  many.back() = '}';
  index(many + "}");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(refusal(), testing::HasSubstr("its shard one.safetensors lacks the tensor"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
      << "quadratic time takes minutes";
}

}  // namespace
}  // namespace mirrortune
