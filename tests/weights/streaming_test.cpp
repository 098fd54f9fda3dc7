#include <cstring>
#include <thread>

#include "base/json.h"
#include "base/sha256.h"
#include "weights/file_builder.h"
#include "weights/inspect.h"
#include "weights/safetensors_writer.h"

namespace mirrortune {
namespace {

using test::fixture;
using test::spill;

/// A .pth of one float tensor 0, 1, 2, … seen through this view.
std::string pth_of_view(std::int64_t stored, const test::TensorText& view) {
  std::vector<float> values(static_cast<std::size_t>(stored));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  test::TensorText tensor = view;
  tensor.storage.elements = stored;
  const std::string data(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  const std::string pickle = test::whole_pickle(test::pickled_dict({{"w", test::pickled(tensor)}}));
  return test::zip_of({{"a/data.pkl", pickle}, {"a/data/0", data}});
}

TEST(Streaming, AnyRangeOfAnyTensorIsThatRangeOfTheWhole) {
  for (const std::string name : {"weights/views.pth", "weights/views.legacy.pth", "weights/dtypes.pth"}) {
    const auto file = WeightsFile::open(fixture(name));
    for (const auto& tensor : file->tensors()) {
      const auto count = static_cast<std::size_t>(tensor.elements());
      std::vector<double> whole(count), piece;
      file->read_values(tensor, 0, std::span<double>(whole));
      for (std::size_t begin = 0; begin <= count; begin += 7) {
        piece.assign(std::min<std::size_t>(11, count - begin), -1);
        file->read_values(tensor, static_cast<std::int64_t>(begin), std::span<double>(piece));
        const auto found = std::as_bytes(std::span(piece));
        const auto expected = std::as_bytes(std::span(whole).subspan(begin, piece.size()));
        EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin())) << tensor.name;
      }
    }
  }
}

TEST(Streaming, ValuesBeyondABlockAreConvertedToo) {
  const test::TemporaryFolder folder;
  const std::int64_t count = 200'001;
  NamedArray array{{.name = "w", .dtype = DType::int32, .shape = {count}},
                   std::vector<std::byte>(static_cast<std::size_t>(count) * 4)};
  for (std::int32_t i = 0; i < count; ++i) std::memcpy(array.bytes.data() + i * 4, &i, 4);
  write_safetensors(folder / "w.safetensors", std::vector{view_of(array)}, {});
  const auto file = WeightsFile::open(folder / "w.safetensors");
  std::vector<float> values(static_cast<std::size_t>(count) - 5);
  file->read_values(file->tensors()[0], 5, std::span<float>(values));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<float>(i + 5));
}

TEST(Streaming, TransposedTensorLargerThanABlockIsGathered) {
  const test::TemporaryFolder folder;
  const std::int64_t rows = 1500, columns = 2000;  // 12 MB: more than one stretch of 8 MiB
  spill(folder / "t.pth", pth_of_view(rows * columns, {.shape = {columns, rows}, .strides = {1, columns}}));
  const auto file = WeightsFile::open(folder / "t.pth");
  const auto array = file->read(file->tensors()[0]);
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  for (std::int64_t c = 0; c < columns; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) {
      ASSERT_EQ(values[static_cast<std::size_t>(c * rows + r)], static_cast<float>(r * columns + c));
    }
  }
}

TEST(Streaming, ColumnOfALargeMatrixIsGathered) {
  const test::TemporaryFolder folder;
  spill(folder / "c.pth", pth_of_view(3'000'000, {.offset = 17, .shape = {1000, 1}, .strides = {3000, 1}}));
  const auto file = WeightsFile::open(folder / "c.pth");
  std::vector<double> values(1000);
  file->read_values(file->tensors()[0], 0, std::span<double>(values));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<double>(17 + 3000 * i));
}

TEST(Streaming, ThreadsMayReadOneFileTogether) {
  const auto file = WeightsFile::open(fixture("weights/views.pth"));
  const auto hash_of_all = [&] {
    std::string hashes;
    for (const auto& tensor : file->tensors()) hashes += summarize_values(*file, tensor).sha256;
    return hashes;
  };
  const std::string expected = hash_of_all();
  std::vector<std::string> found(4);
  std::vector<std::thread> threads;
  for (auto& hashes : found) threads.emplace_back([&] { hashes = hash_of_all(); });
  for (auto& thread : threads) thread.join();
  for (const auto& hashes : found) EXPECT_EQ(hashes, expected);
}

TEST(Streaming, FileThatBecameShorterIsAnErrorAndNoCrash) {
  const test::TemporaryFolder folder;
  spill(folder / "w.pth", test::pth_of(test::pickle_of_one_tensor()));
  const auto file = WeightsFile::open(folder / "w.pth");
  std::filesystem::resize_file(folder / "w.pth", 10);
  EXPECT_THROW(file->read(file->tensors()[0]), Error);
}

TEST(Inspect, SummarizesFiniteValuesAndCountsTheOthers) {
  const auto file = WeightsFile::open(fixture("weights/dtypes.pth"));
  const auto halves = summarize_values(*file, *file->find("float16.values"));
  EXPECT_EQ(halves.minimum, -65504);
  EXPECT_EQ(halves.maximum, 65504);
  EXPECT_EQ(halves.nonfinite, 3);
  const auto bytes = summarize_values(*file, *file->find("int8.values"));
  EXPECT_EQ(bytes.minimum, -128);
  EXPECT_EQ(bytes.maximum, 127);
  EXPECT_EQ(bytes.nonfinite, 0);
  const auto empty = summarize_values(*file, *file->find("float32.empty"));
  EXPECT_EQ(empty.minimum, std::nullopt);
  EXPECT_EQ(empty.sha256, sha256_hex(std::string_view()));
}

TEST(Convert, NeverOverwritesUnlessAsked) {
  const test::TemporaryFolder folder;
  spill(folder / "out.safetensors", "precious");
  const auto input = fixture("weights/network.pth");
  EXPECT_THROW(convert_weights(input, folder / "out.safetensors", Overwrite::refuse), ExistsError);
  EXPECT_EQ(test::slurp(folder / "out.safetensors"), "precious");
  convert_weights(input, folder / "out.safetensors", Overwrite::replace);
  EXPECT_EQ(WeightsFile::open(folder / "out.safetensors")->tensors().size(), 9u);
}

TEST(Convert, LeavesNothingBehindWhenARecordIsDamaged) {
  const test::TemporaryFolder folder;
  std::string bytes = test::pth_of(test::pickle_of_one_tensor());
  bytes[bytes.find("PK\x01\x02") - 1] ^= 1;
  spill(folder / "in.pth", bytes);
  EXPECT_THROW(convert_weights(folder / "in.pth", folder / "out.safetensors", Overwrite::refuse),
               WeightsError);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.safetensors"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Convert, MayReplaceItsOwnInput) {
  const test::TemporaryFolder folder;
  std::filesystem::copy_file(fixture("weights/network.pth"), folder / "w");
  convert_weights(folder / "w", folder / "w", Overwrite::replace);
  const auto file = WeightsFile::open(folder / "w");
  EXPECT_EQ(file->format(), "safetensors");
  EXPECT_EQ(file->tensors(), WeightsFile::open(fixture("weights/network.pth"))->tensors());
}

}  // namespace
}  // namespace mirrortune
