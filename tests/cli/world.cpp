#include "world.h"

#include <array>
#include <fstream>
#include <iterator>
#include <limits>

#include <zlib.h>

#include <torch/torch.h>

#include "models/layers.h"
#include "models/load.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig =
    "schema_version: 1\n"
    "name: tiny\n"
    "grid: {model: [shufflenet_v2_x0_5], potential: [negative_entropy, 2-norm]}\n"
    "seeds: {count: 2}\n"
    "model: {weights: none, classes: 2}\n"
    "data: {root: images, resolution: 32, crop_ratio: 1.0, holdout: 4, subset: {count: 10}}\n"
    "train: {epochs: 2, batch_size: 5}\n"
    "lr: {fixed: 0.01, target_accuracy: 0}\n"
    "analysis: {potentials: [negative_entropy, 2-norm]}\n";

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string png_chunk(const std::string& type, const std::string& content) {
  const std::string body = type + content;
  const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(content.size())) + body +
         big_endian(static_cast<std::uint32_t>(sum));
}

void write_arrays(const fs::path& path, const std::vector<NamedArray>& arrays) {
  std::vector<ArrayView> views;
  for (const NamedArray& array : arrays) views.push_back(view_of(array));
  write_safetensors(path, views, {});
}

}  // namespace

World::World() {
  fs::permissions(path(), fs::perms(0755));
  fs::copy(fixture("cli/images"), path() / "images", fs::copy_options::recursive);
  write("exp.yaml", kConfig);
}

void World::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(path() / name, std::ios::binary) << bytes;
}

std::string World::read(const std::string& name) const {
  std::ifstream file(path() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Start World::command(std::vector<std::string> arguments) const {
  return {.arguments = std::move(arguments), .folder = path()};
}

Start World::run_command(std::vector<std::string> arguments) const {
  std::vector<std::string> all = {"run", "-c", "exp.yaml", "--threads", "1"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return command(std::move(all));
}

std::string broken_parts(const fs::path& run_folder) {
  if (!fs::exists(run_folder)) return "";
  std::string found;
  for (const auto& entry : fs::recursive_directory_iterator(run_folder)) {
    const std::string name = entry.path().filename().string();
    if (name[0] == '.' && name != ".lock") found += "temporary file " + entry.path().string() + "\n";
    if (name == "final.safetensors" || name == "model.safetensors") {
      const auto trial = entry.path().parent_path();
      if (!fs::exists(trial / "trial.json"))
        found += "a trial without trial.json in " + trial.string() + "\n";
    }
    if (name.ends_with(".json")) {
      try {
        read_json(entry.path());
      } catch (const std::exception& error) {
        found += error.what() + std::string("\n");
      }
    }
  }
  return found;
}

Json document(const Ended& ended) { return Json::parse(ended.out, nullptr, /*allow_exceptions=*/false); }

Json succeed(const Start& start) {
  const Ended ended = run(start);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  Json told = document(ended);
  EXPECT_EQ(told.value("schema", 0), 1) << ended.out;
  EXPECT_TRUE(told.contains("command"));
  return told;
}

std::string png_header(std::uint32_t side) {
  const std::string header = big_endian(side) + big_endian(side) + std::string("\x08\x02\x00\x00\x00", 5);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", "") + png_chunk("IEND", "");
}

void write_state(const fs::path& path, const StateOptions& options) {
  const auto network = make_network("shufflenet_v2_x0_5", options.classes);
  draw_weights(*network, /*seed=*/1);
  const torch::NoGradGuard no_grad;
  std::vector<NamedArray> arrays;
  for (const StateEntry& entry : state_entries(*network)) {
    if (entry.name == options.left_out) continue;
    torch::Tensor value = entry.value;
    if (entry.name == options.reshaped) value = torch::cat({value, value.narrow(0, 0, 1)});
    if (options.nan && entry.name == "conv1.0.weight")
      value.view(-1)[3] = std::numeric_limits<float>::quiet_NaN();
    if (options.shift != 0 && value.is_floating_point()) value = value + options.shift;
    arrays.push_back(to_array(entry.name, value));
  }
  if (!options.added.empty()) arrays.push_back(to_array(options.added, torch::zeros({2})));
  write_arrays(path, arrays);
}

void write_vectors(const fs::path& path, const std::map<std::string, std::vector<float>>& vectors) {
  std::vector<NamedArray> arrays;
  for (const auto& [name, values] : vectors) arrays.push_back(to_array(name, torch::tensor(values)));
  write_arrays(path, arrays);
}

std::vector<float> read_vector(const fs::path& path, const std::string& name) {
  const auto file = WeightsFile::open(path);
  std::vector<float> values(static_cast<std::size_t>(file->find(name)->elements()));
  file->read_values(*file->find(name), 0, values);
  return values;
}

}  // namespace mirrortune::test
