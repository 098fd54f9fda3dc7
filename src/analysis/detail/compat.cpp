#include "analysis/detail/compat.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string_view>

#include "base/file.h"
#include "base/npy.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

constexpr std::array<std::string_view, 10> kNetworks = {
    "efficientnet_b0",    "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0", "resnet18",        "resnet34",        "cornet_s",        "cornet_rt"};
constexpr std::size_t kSeeds = 10;

using Array = std::vector<double>;

std::string two_decimals(const FinishedTrial& trial, const char* key, double otherwise) {
  const auto entry = trial.identity.find(key);
  const double value =
      entry == trial.identity.end() ? otherwise : parse_number(entry->second).value_or(otherwise);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string prefix_of(const FinishedTrial& trial) {
  return trial.name.potential + "_nd" + two_decimals(trial, "data.subset.exponent", 0.5) + "_xent" +
         two_decimals(trial, "train.loss.logit_l2", 0) + "_";
}

/// Row of a seed and column of a network; nothing for a trial that has no place in the published arrays.
struct Slot {
  std::size_t row;
  std::size_t column;
};

std::optional<Slot> slot_of(const TrialName& name, const std::set<std::uint64_t>& seeds) {
  const auto row = static_cast<std::size_t>(std::distance(seeds.begin(), seeds.find(name.seed)));
  const auto network = std::find(kNetworks.begin(), kNetworks.end(), name.model);
  if (row >= kSeeds || network == kNetworks.end()) return std::nullopt;
  return Slot{row, static_cast<std::size_t>(network - kNetworks.begin())};
}

void remove_others(const std::filesystem::path& folder, const std::map<std::string, Array>& arrays) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() == ".npy" && !arrays.contains(name))
      std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace

void write_published_arrays(const std::filesystem::path& folder, const std::vector<PublishedEntry>& entries,
                            std::vector<std::string>& notes) {
  std::set<std::uint64_t> seeds;
  for (const auto& entry : entries) seeds.insert(entry.trial->name.seed);
  std::map<std::string, Array> arrays;
  std::set<std::string> without_place;
  const auto put = [&](const std::string& name, std::size_t rows, std::size_t place, double value) {
    auto& array = arrays.try_emplace(name + ".npy", rows * kNetworks.size(), kUndefined).first->second;
    if (std::isnan(array[place])) array[place] = value;
  };
  for (const auto& entry : entries) {
    const auto slot = slot_of(entry.trial->name, seeds);
    if (!slot) {
      without_place.insert(entry.trial->name.cell + "/seed-" + std::to_string(entry.trial->name.seed));
      continue;
    }
    const std::string prefix = prefix_of(*entry.trial);
    const std::size_t place = slot->row * kNetworks.size() + slot->column;
    put(prefix + "density_mse_" + entry.evaluated_with, kSeeds, place, entry.delta_cdf);
    put(prefix + "change_magnitude_" + entry.evaluated_with, kSeeds, place, entry.change_magnitude);
    put(prefix + "D_range", 1, slot->column, static_cast<double>(entry.weights));
  }
  make_folder(folder);
  for (const auto& [name, values] : arrays) {
    const auto networks = static_cast<std::int64_t>(kNetworks.size());
    const bool flat = values.size() == kNetworks.size();
    const std::vector<std::int64_t> shape =
        flat ? std::vector<std::int64_t>{networks}
             : std::vector<std::int64_t>{static_cast<std::int64_t>(kSeeds), networks};
    write_npy(folder / name, shape, values);
  }
  remove_others(folder, arrays);
  if (!without_place.empty()) {
    notes.push_back("not in the published arrays (ten networks, ten seeds): " +
                    join({without_place.begin(), without_place.end()}, ", "));
  }
}

}  // namespace mirrortune::detail
