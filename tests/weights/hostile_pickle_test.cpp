#include "weights/file_builder.h"

namespace mirrortune {
namespace {

using test::expect_refused;
using test::pickled;
using test::pickled_dict;
using test::pickled_text;
using test::pth_of;
using test::whole_pickle;

std::string repeated(const std::string& piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

std::string pth_with(const test::TensorText& tensor) {
  return pth_of(whole_pickle(pickled_dict({{"w", pickled(tensor)}})));
}

TEST(PickleBuilder, MakesAFileThatIsRead) {
  const test::TemporaryFolder folder;
  test::spill(folder / "good.pth", pth_with({.offset = 1, .shape = {2, 2}, .strides = {1, 2}}));
  const auto file = WeightsFile::open(folder / "good.pth");
  std::vector<float> values(4);
  file->read_values(file->tensors().at(0), 0, std::span<float>(values));
  EXPECT_THAT(values, testing::ElementsAre(1, 3, 2, 4));
}

struct Case {
  std::string name, pickle, words;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class HostilePickle : public testing::TestWithParam<Case> {};

TEST_P(HostilePickle, IsRefusedWithAReason) { expect_refused(pth_of(GetParam().pickle), GetParam().words); }

const std::string kDictClass = "ccollections\nOrderedDict\n";

INSTANTIATE_TEST_SUITE_P(
    All, HostilePickle,
    testing::Values(
        Case{"ForeignGlobal", whole_pickle("cposix\nsystem\n(" + pickled_text("true") + "tR"),
             "posix.system"},
        Case{"ForeignStackGlobal", whole_pickle(pickled_text("builtins") + pickled_text("eval") + "\x93"),
             "builtins.eval"},
        Case{"ForeignGlobalWithEscapes", whole_pickle("cos\nsys\x1b[31mtem\n"), "os.sys\\x1b[31mtem"},
        Case{"GlobalOfNoText", whole_pickle(pickled(1) + pickled(2) + "\x93"), "something that is not text"},
        Case{"EndlessGlobal", whole_pickle("c" + repeated("x", 5000)), "endless line"},
        Case{"UnknownOperation", whole_pickle("I1\n"), "operation 0x49 at byte 2"},
        Case{"UnknownProtocol", "\x80\x09N.", "unknown protocol"}, Case{"Empty", "", "ends early"},
        Case{"NoStop", "\x80\x02N", "ends early"},
        Case{"MoreAfterStop", whole_pickle("}") + "}", "goes on after the end"},
        Case{"OnlyStop", whole_pickle(""), "takes a value that is not there"},
        Case{"ValuesLeftBehind", whole_pickle("}}"), "leaves values behind"},
        Case{"NoMark", whole_pickle("t"), "a mark that is not there"},
        Case{"TakesBelowTheMark", whole_pickle("}(a"), "takes a value that is not there"},
        Case{"TooManyMarks", whole_pickle(repeated("(", 300)), "nested too deep"},
        Case{"TooManyOperations", whole_pickle(repeated("N0", 1'100'000)), "two million operations"},
        Case{"NeverStored", whole_pickle("h\x05"), "never stored"},
        Case{"TextPastTheEnd", whole_pickle("X\xff\xff\xff\xff"), "ends early"},
        Case{"TextOfAllMemory", whole_pickle("\x8d" + test::little_endian(~0ull, 8)), "ends early"},
        Case{"FramePastTheEnd", whole_pickle("\x95" + test::little_endian(1ull << 62, 8)),
             "a frame past its end"},
        Case{"KeyWithoutValue", whole_pickle("}(Nu"), "a key without a value"},
        Case{"ItemsOfANumber", whole_pickle("K\x01(NNu"), "takes none"},
        Case{"AttributesOfANumber", whole_pickle("K\x01}b"), "attributes of something that has none"},
        Case{"CallOfANumber", whole_pickle("K\x01)R"), "cannot be called"},
        Case{"CallWithoutTuple", whole_pickle(kDictClass + "]R"), "cannot be called"},
        Case{"CallOfAStorageType", whole_pickle("ctorch\nFloatStorage\n)R"),
             "calls a storage or element type"},
        Case{"DictOfANumber", whole_pickle(kDictClass + "K\x01\x85R"), "no list of pairs"},
        Case{"DictOfTriples", whole_pickle(kDictClass + "](NNNta\x85R"), "no list of pairs"},
        Case{"SizeOfText", whole_pickle("ctorch\nSize\n(" + pickled_text("x") + "t\x85R"),
             "wrong torch.Size"},
        Case{"ParameterOfANumber", whole_pickle("ctorch._utils\n_rebuild_parameter\n(NNNtR"), "no tensor"},
        Case{"TensorOfANumber", whole_pickle("ctorch._utils\n_rebuild_tensor_v2\n(NNNNNNtR"),
             "in a way that PyTorch does not"},
        Case{"PersistentNumber", whole_pickle("K\x01Q"), "no storage"},
        Case{"PersistentModule", whole_pickle("(" + pickled_text("module") + "NNNNtQ"),
             "a whole module was saved"},
        Case{"StorageWithTwoSizes",
             whole_pickle(pickled(test::StorageText{}) + "0" + pickled(test::StorageText{.elements = 7})),
             "two types or sizes"},
        Case{"StorageWithTwoTypes",
             whole_pickle(pickled(test::StorageText{}) + "0" +
                          pickled(test::StorageText{.type = "IntStorage"})),
             "two types or sizes"},
        Case{"LongStorageKey", whole_pickle(pickled(test::StorageText{.key = std::string(300, 'k')})),
             "no storage"},
        Case{"ANumber", whole_pickle("K\x01"), "no state dict but another kind of object"},
        Case{"StateDictIsANumber", whole_pickle(pickled_dict({{"state_dict", "K\x01"}})),
             "\"state_dict\" is no dict"},
        Case{"EntryIsANumber", whole_pickle(pickled_dict({{"epoch", "K\x01"}})),
             "its entry \"epoch\" is no tensor"},
        Case{"KeyIsANumber", whole_pickle("}(K\x01" + pickled(test::TensorText{}) + "u"),
             "its entry \"?\" is no tensor"},
        Case{"DictHoldsItself", whole_pickle("}q\x01(" + pickled_text("me") + "h\x01u"),
             "its entry \"me\" is no tensor"},
        Case{"MillionFoldTuple",
             whole_pickle("}(" + pickled_text("deep") + ")" + repeated("\x85", 1'000'000) + "u"),
             "its entry \"deep\" is no tensor"},
        Case{
            "MillionFoldList",
            whole_pickle("}(" + pickled_text("deep") + repeated("]", 900'000) + repeated("a", 899'999) + "u"),
            "its entry \"deep\" is no tensor"},
        Case{"MillionMarks", whole_pickle(repeated("(", 1'000'000)), "nested too deep"},
        Case{"MillionFoldObject",
             whole_pickle("}(" + pickled_text("deep") + "cargparse\nNamespace\n)\x81" +
                          repeated("cargparse\nNamespace\n)\x81", 400'000) + repeated("b", 400'000) + "u"),
             "its entry \"deep\" is no tensor"},
        Case{"NameTwice",
             whole_pickle(pickled_dict({{"w", pickled(test::TensorText{})},
                                        {"w", pickled(test::TensorText{})}})),
             "the tensor \"w\" twice"},
        Case{"NameEmpty", whole_pickle(pickled_dict({{"", pickled(test::TensorText{})}})),
             "is empty or holds control characters"},
        Case{"NameWithEscape", whole_pickle(pickled_dict({{"a\x1b[2J", pickled(test::TensorText{})}})),
             "\"a\\x1b[2J\" is empty or"},
        Case{"NameNotUtf8", whole_pickle(pickled_dict({{"a\xff", pickled(test::TensorText{})}})),
             "invalid UTF-8"},
        Case{"NameTooLong",
             whole_pickle(pickled_dict({{std::string(2000, 'n'), pickled(test::TensorText{})}})),
             "more than 1024 bytes"}),
    [](const auto& instance) { return instance.param.name; });

/// OrderedDict of one long list, copied again and again: the copies count as operations.
TEST(HostilePickle, ThatCopiesAListOverAndOverIsRefused) {
  const std::string pairs = "](" + repeated("NN\x86", 1000) + "e\x85q\x01";
  const std::string copies = repeated(kDictClass + "h\x01R0", 3000);
  expect_refused(pth_of(whole_pickle(pairs + copies)), "two million operations");
}

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

struct ViewCase {
  std::string name;
  test::TensorText tensor;
  std::string words;
};
void PrintTo(const ViewCase& c, std::ostream* out) { *out << c.name; }

class HostileView : public testing::TestWithParam<ViewCase> {};

TEST_P(HostileView, IsRefusedBeforeAnythingIsAllocated) {
  expect_refused(pth_with(GetParam().tensor), GetParam().words);
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileView,
    testing::Values(
        ViewCase{"NegativeExtent", {.shape = {-1, 3}}, "impossible shape"},
        ViewCase{"NegativeStride", {.strides = {-3, 1}}, "reaches outside its storage"},
        ViewCase{"NegativeOffset", {.offset = -1}, "reaches outside its storage"},
        ViewCase{"OneTooFar", {.offset = 1}, "reaches outside its storage of 6 elements"},
        ViewCase{"OffsetBehindTheEnd", {.offset = 7, .shape = {0}, .strides = {1}}, "reaches outside"},
        ViewCase{"ShapeOverflows", {.shape = {kHuge, kHuge}, .strides = {0, 0}}, "impossible shape"},
        ViewCase{"ExtentsOverflowBesideAZero",
                 {.shape = {kHuge, kHuge, 0}, .strides = {1, 1, 1}},
                 "impossible shape"},
        ViewCase{"StrideOverflows", {.shape = {3, 1}, .strides = {kHuge, 1}}, "reaches outside"},
        ViewCase{"SumOverflows", {.shape = {2, 2, 2}, .strides = {kHuge, kHuge, kHuge}}, "reaches outside"},
        ViewCase{"FewerStrides", {.strides = {1}}, "reaches outside"},
        ViewCase{"SixtyFiveDimensions",
                 {.shape = std::vector<std::int64_t>(65, 1), .strides = std::vector<std::int64_t>(65, 1)},
                 "in a way that PyTorch does not"},
        ViewCase{"RepeatsAnElementToATerabyte",
                 {.shape = {std::int64_t{1} << 38}, .strides = {0}},
                 "repeats a storage of only 6"},
        ViewCase{
            "StorageLongerThanItsRecord", {.storage = {.elements = 7}}, "should hold 7 elements of float32"},
        ViewCase{"StorageShorterThanItsRecord",
                 {.storage = {.elements = 5}, .shape = {5}, .strides = {1}},
                 "should hold 5"},
        ViewCase{"StorageOfNegativeSize", {.storage = {.elements = -6}}, "should hold -6"},
        ViewCase{"StorageOfOverflowingSize", {.storage = {.elements = kHuge + 6}}, "should hold"},
        ViewCase{"StorageWithoutRecord", {.storage = {.key = "1"}}, "record data/1 is missing"},
        ViewCase{
            "StorageOutsideTheFolder", {.storage = {.key = "../data/0"}}, "record data/../data/0 is missing"},
        ViewCase{"BooleansOfFloats",
                 {.storage = {.elements = 24, .type = "BoolStorage"}, .shape = {24}, .strides = {1}},
                 "neither 0 nor 1"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace mirrortune
