// How much memory reading takes.
#include "support/allocations.h"
#include "weights/file_builder.h"
#include "weights/inspect.h"

namespace mirrortune {
namespace {

constexpr std::size_t kSlack = 1'000'000;  // bytes of tables, names and messages

constexpr int kTensors = 6;
constexpr std::int64_t kElements = 1'000'000;
constexpr std::size_t kTensorBytes = 4 * kElements;

/// Six tensors of 4 MB, each seen through strides of these.
test::TensorText tensor(int number, std::vector<std::int64_t> strides) {
  test::TensorText text;
  text.storage.key = std::to_string(number);
  text.storage.elements = kElements;
  text.shape = {1000, 1000};
  text.strides = std::move(strides);
  return text;
}

std::string zip_of_views(const std::vector<std::int64_t>& strides) {
  std::vector<std::pair<std::string, std::string>> entries, members = {{"a/data.pkl", ""}};
  for (int i = 0; i < kTensors; ++i) {
    entries.emplace_back("t" + std::to_string(i), test::pickled(tensor(i, strides)));
    members.emplace_back("a/data/" + std::to_string(i), std::string(kTensorBytes, static_cast<char>(i)));
  }
  members[0].second = test::whole_pickle(test::pickled_dict(entries));
  return test::zip_of(members);
}

std::string safetensors_of_arrays() {
  std::string header;
  for (int i = 0; i < kTensors; ++i) {
    header += std::string(i == 0 ? "{" : ",") + "\"t" + std::to_string(i) +
              R"(":{"dtype":"F32","shape":[1000,1000],"data_offsets":[)" + std::to_string(i * kTensorBytes) +
              "," + std::to_string((i + 1) * kTensorBytes) + "]}";
  }
  return test::safetensors_of(header + "}", std::string(kTensors * kTensorBytes, '\1'));
}

/// The most bytes that reading all tensors into arrays held at once.
std::size_t peak_of_reading(const test::MemoryFile& bytes) {
  const test::AllocationWatch watch;
  const auto file = WeightsFile::open(bytes.path());
  EXPECT_EQ(file->tensors().size(), static_cast<std::size_t>(kTensors));
  std::vector<NamedArray> arrays;
  for (const auto& info : file->tensors()) arrays.push_back(file->read(info));
  return watch.peak();
}

TEST(Memory, OfReadingAZipIsThatOfTheResult) {
  EXPECT_LT(peak_of_reading(test::MemoryFile(zip_of_views({1000, 1}))), kTensors * kTensorBytes + kSlack);
}

TEST(Memory, OfReadingASafetensorsFileIsThatOfTheResult) {
  EXPECT_LT(peak_of_reading(test::MemoryFile(safetensors_of_arrays())), kTensors * kTensorBytes + kSlack);
}

TEST(Memory, OfReadingTransposedTensorsIsTheLargestTensorAboveTheResult) {
  EXPECT_LT(peak_of_reading(test::MemoryFile(zip_of_views({1, 1000}))),
            kTensors * kTensorBytes + kTensorBytes + kSlack);
}

TEST(Memory, OfSummariesIsConstant) {
  const test::MemoryFile bytes(safetensors_of_arrays());
  const test::AllocationWatch watch;
  const auto file = WeightsFile::open(bytes.path());
  for (const auto& info : file->tensors()) summarize_values(*file, info);
  EXPECT_LT(watch.peak(), 2 * kSlack);
}

/// Ten gigabytes in five shards of 2 GB, holes all of them.
TEST(Memory, OfOpeningTenGigabytesOfShardsIsThatOfTheirTables) {
  const test::TemporaryFolder folder;
  constexpr int kShards = 5, kTensorsOfShard = 200;
  constexpr std::uint64_t kBytes = 10'000'000;
  std::string index = R"({"weight_map":{)";
  for (int shard = 0; shard < kShards; ++shard) {
    const std::string name = "s" + std::to_string(shard) + ".safetensors";
    std::string header = "{";
    for (std::uint64_t i = 0; i < kTensorsOfShard; ++i) {
      const std::string tensor = "\"layer" + std::to_string(shard) + "." + std::to_string(i) + ".weight\":";
      header += tensor + R"({"dtype":"BF16","shape":[5000,1000],"data_offsets":[)" +
                std::to_string(i * kBytes) + "," + std::to_string((i + 1) * kBytes) + "]},";
      index += tensor + "\"" + name + "\",";
    }
    header.back() = '}';
    test::spill(folder / name, test::safetensors_of(header, ""));
    std::filesystem::resize_file(folder / name, 8 + header.size() + kTensorsOfShard * kBytes);
  }
  index.back() = '}';
  test::spill(folder / "m.safetensors.index.json", index + "}");

  const test::AllocationWatch watch;
  const auto file = WeightsFile::open(folder.path());
  EXPECT_EQ(file->tensors().size(), 1000u);
  EXPECT_LT(watch.peak(), 5'000'000u);
}

}  // namespace
}  // namespace mirrortune
