#include "weights/file_builder.h"

namespace mirrortune {
namespace {

using test::expect_refused;
using test::fixture;
using test::slurp;

struct FileCase {
  std::string file, words, todo;
};
void PrintTo(const FileCase& c, std::ostream* out) { *out << c.file; }

class RefusedFile : public testing::TestWithParam<FileCase> {};

TEST_P(RefusedFile, NamesTheReasonAndWhatToDo) {
  const std::string bytes = slurp(fixture("weights/" + GetParam().file));
  ASSERT_FALSE(bytes.empty());
  expect_refused(bytes, GetParam().words);
  expect_refused(bytes, GetParam().todo);
}

INSTANTIATE_TEST_SUITE_P(
    WrittenByPython, RefusedFile,
    testing::Values(
        FileCase{"foreign.pth", "posix.system, which is no part of a state dict; nothing of it was executed",
                 "save only"},
        FileCase{"whole_module.pth", "torch.nn.modules.container.Sequential", "model.state_dict()"},
        FileCase{"complex.pth", "tensor \"w\" has the type complex64, which is not read", "float type"},
        FileCase{"float8.pth", "tensor \"w\" has the type float8_e4m3fn, which is not read", "float type"},
        FileCase{"float8.safetensors", "tensor \"w\" has the type F8_E4M3, which is not read", "float type"},
        FileCase{"other_key.pth", "its entry \"mine\" is no tensor", "Save the one of \"mine\""},
        FileCase{"two_models.pth", "it holds several state dicts: \"model\", \"ema\"",
                 "torch.load(FILE)[KEY]"},
        FileCase{"behind_an_object.pth", "its \"state_dict\" is no dict", "model.state_dict()"},
        FileCase{"array_entry.pth", "its entry \"v\" is no tensor", "model.state_dict()"},
        FileCase{"only_a_tensor.pth", "no state dict but another kind of object", "model.state_dict()"},
        FileCase{"torchscript.pt", "TorchScript archive", "torch.jit.load"},
        FileCase{"tar.pth", "tar archive, the format of PyTorch before 0.1.10", "torch.save"},
        FileCase{"deflated.pth", "is compressed, which torch.save never does", "zip -0"},
        FileCase{"big_endian.pth", "big-endian machine", "save it again"},
        FileCase{"record_missing.pth", "its record data/1 is missing", ""},
        FileCase{"record_short.pth", "the file has 8 bytes for it", ""}),
    [](const auto& instance) {
      std::string name = instance.param.file;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

TEST(RefusedFile, NothingInAForeignPickleIsExecuted) {
  const std::filesystem::path trace = "/tmp/mirrortune_was_here";
  std::filesystem::remove(trace);
  expect_refused(slurp(fixture("weights/foreign.pth")), "posix.system");
  EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST(RefusedFile, OfAnotherKindIsNamed) {
  expect_refused("", "the file is empty");
  expect_refused("hello", "neither a .pth of PyTorch nor a .safetensors file");
  expect_refused("\x1f\x8b\x08", "compressed by gzip");
  expect_refused("\x89HDF\r\n", "HDF5");
  expect_refused("version https://git-lfs.github.com/spec/v1\n", "git lfs pull");
  expect_refused("<!DOCTYPE html>", "a web page or XML");
  expect_refused("\x80\x04}.", "a pickle, but not one that torch.save wrote");
  expect_refused("{\"a\": 1}", "JSON without a weight_map");
  expect_refused(test::zip_of({{"x.npy", "1"}}), "a zip archive without data.pkl");
  expect_refused(test::zip_of({{"a/data.pkl", "}."}, {"b/data.pkl", "}."}}), "several data.pkl");
}

TEST(RefusedFile, ThatIsMissingOrNoFileHasItsOwnExitCode) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(WeightsFile::open(folder / "none.pth"), MissingError);
  EXPECT_THROW(WeightsFile::open(folder.path()), MissingError) << "a folder without an index of shards";
  EXPECT_THROW(WeightsFile::open("/dev/null"), DataError);
}

class DamagedZip : public testing::Test {
 protected:
  const std::string good = slurp(fixture("weights/network.pth"));
  const std::string plain = test::pth_of(test::pickle_of_one_tensor());

  static std::string with(std::string bytes, std::size_t at, const std::string& patch) {
    return bytes.replace(at, patch.size(), patch);
  }
};

TEST_F(DamagedZip, FlippedByteOfAWeightNamesItsRecord) {
  const auto at = good.find("network/data/0");
  ASSERT_NE(at, std::string::npos);
  expect_refused(with(good, at + 90, "\x55"), "the CRC-32 of its record network/data/0 differs");
}

TEST_F(DamagedZip, FlippedByteOfThePickleIsFoundAtOpening) {
  expect_refused(with(good, good.find("0.weight"), "7"), "the CRC-32 of its record network/data.pkl differs");
}

TEST_F(DamagedZip, TruncatedAnywhereOrExtendedIsRefused) {
  expect_refused(good.substr(0, good.size() - 1), "truncated");
  expect_refused(good.substr(0, good.size() / 2), "truncated");
  expect_refused(good.substr(0, 4), "truncated");
  expect_refused(good + "x", "something was added");
}

TEST_F(DamagedZip, DataDescriptorThatContradictsTheDirectoryIsRefused) {
  expect_refused(with(good, good.find("PK\x07\x08") + 4, "\xAA"),
                 "data descriptor of its zip member network/data.pkl");
}

TEST_F(DamagedZip, LocalHeaderThatContradictsTheDirectoryIsRefused) {
  expect_refused(with(plain, 30, "b"), "local header of its zip member a/data.pkl contradicts");
  expect_refused(with(plain, 18, "\x01"), "local header of its zip member a/data.pkl contradicts");
  expect_refused(with(plain, 8, "\x08"), "local header of its zip member a/data.pkl contradicts");
}

TEST_F(DamagedZip, FlagsAndSizesOfTheDirectoryAreChecked) {
  const auto directory = plain.find("PK\x01\x02");
  expect_refused(with(plain, directory + 8, "\x01"), "a/data.pkl is encrypted");
  expect_refused(with(plain, directory + 10, "\x08"),
                 "local header of its zip member a/data.pkl contradicts");
  expect_refused(with(plain, directory + 20, "\x01"), "contradictory sizes");
  expect_refused(with(plain, directory + 34, "\x01"), "contradictory sizes");
  expect_refused(with(plain, directory, "XX"), "directory is damaged");
  expect_refused(with(plain, directory + 42, "\xff\xff\xff\x7f"), "past the end");
}

TEST_F(DamagedZip, EndRecordIsChecked) {
  const auto end = plain.size() - 22;
  expect_refused(with(plain, end + 4, "\x01"), "several disks or a comment");
  expect_refused(with(plain, end + 20, "\x01"), "several disks or a comment");
  expect_refused(with(plain, end + 8, std::string("\x02\x00\x02\x00", 4)), "more bytes than entries");
  expect_refused(with(plain, end + 12, "\x01"), "not where the end record says");
  expect_refused(with(plain, end + 12, "\xff\xff\xff\xff"), "zip64 directory is missing");
}

TEST_F(DamagedZip, Zip64RecordsAreChecked) {
  const auto locator = good.size() - 22 - 20, end64 = locator - 56;
  expect_refused(with(good, locator + 8, "\x01"), "zip64 locator is wrong");
  expect_refused(with(good, end64 + 4, "\x01"), "zip64 end record is wrong");
  expect_refused(with(good, end64 + 32, "\x01"), "contradicts");
}

TEST_F(DamagedZip, TwoMembersOfOneNameAreRefused) {
  expect_refused(test::zip_of({{"a/data.pkl", "}."}, {"a/x", "1"}, {"a/x", "2"}}), "the member a/x twice");
}

TEST_F(DamagedZip, TwoMembersInOnePlaceAreRefused) {
  std::string bytes = test::zip_of({{"a/x", "1"}, {"a/y", "1"}});
  const auto second = bytes.find("PK\x01\x02", bytes.find("PK\x01\x02") + 4);
  bytes.replace(second + 42, 4, std::string(4, '\0'));
  bytes.replace(second + 46, 3, "a/x");
  expect_refused(bytes, "the member a/x twice");
  bytes = test::zip_of(
      {{"a/x", "PK\x03\x04" + std::string(26, '\0') + "a/y" + std::string(4, '\0')}, {"a/y", ""}});
  const auto entry = bytes.find("PK\x01\x02", bytes.find("PK\x01\x02") + 4);
  bytes.replace(33, 30, bytes.substr(bytes.rfind("PK\x03\x04"), 30));
  bytes.replace(entry + 42, 4, test::little_endian(33, 4));
  expect_refused(bytes, "overlap");
}

class DamagedLegacy : public testing::Test {
 protected:
  const std::string good = slurp(fixture("weights/network.legacy.pth"));

  std::string with(const std::string& what, const std::string& replacement) const {
    const auto at = good.find(what);
    EXPECT_NE(at, std::string::npos);
    return std::string(good).replace(at, what.size(), replacement);
  }
};

TEST_F(DamagedLegacy, IsRefusedWithAReason) {
  expect_refused(good.substr(0, good.size() - 1), "truncated");
  expect_refused(good.substr(0, good.size() / 2), "ends early");
  expect_refused(good + "x", "1 bytes follow its last storage");
  expect_refused(with("little_endianq\x02\x88", "little_endianq\x02\x89"), "big-endian machine");
  expect_refused(with("little_endian", "little_indian"), "does not say its byte order");
  expect_refused(with("M\xe9\x03.", "M\xea\x03."), "legacy protocol is not 1001");
}

}  // namespace
}  // namespace mirrortune
