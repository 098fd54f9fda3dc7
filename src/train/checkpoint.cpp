#include "train/checkpoint.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "base/atomic_folder.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "state.safetensors";
constexpr const char* kRecord = "training.json";
constexpr const char* kManifest = "manifest.json";

/// The parts of a checkpoint, and what the names of their tensors begin with.
struct Part {
  std::string_view prefix;
  std::map<std::string, torch::Tensor> Checkpoint::*tensors;
};
constexpr std::array<Part, 4> kParts = {{{"network.", &Checkpoint::network},
                                         {"optimizer.", &Checkpoint::optimizer},
                                         {"scaler.", &Checkpoint::scaler},
                                         {"sums.", &Checkpoint::sums}}};

Json record_of(const Checkpoint& checkpoint, const CheckpointOptions& options) {
  Json record;
  record["schema"] = 1;
  record["identity"] = options.identity;
  record["key"] = options.key;
  record["environment"] = options.environment;
  record["steps"] = checkpoint.steps;
  record["counts"] = {{"zeros", checkpoint.counts.zeros},
                      {"sign_flips", checkpoint.counts.sign_flips},
                      {"clamped", checkpoint.counts.clamped},
                      {"skipped", checkpoint.counts.skipped}};
  record["images_done"] = checkpoint.images_done;
  record["seconds"] = checkpoint.seconds;
  record["epochs"] = Json::array();
  for (const auto& epoch : checkpoint.epochs) {
    record["epochs"].push_back({{"epoch", epoch.epoch},
                                {"lr", epoch.lr},
                                {"train_loss", epoch.train_loss},
                                {"train_accuracy", number_or_null(epoch.train_accuracy)},
                                {"seconds", epoch.seconds},
                                {"loss_sum", epoch.loss_sum}});
  }
  return record;
}

Checkpoint checkpoint_of(const Json& record) {
  Checkpoint checkpoint;
  record.at("steps").get_to(checkpoint.steps);
  const Json& counts = record.at("counts");
  counts.at("zeros").get_to(checkpoint.counts.zeros);
  counts.at("sign_flips").get_to(checkpoint.counts.sign_flips);
  counts.at("clamped").get_to(checkpoint.counts.clamped);
  counts.at("skipped").get_to(checkpoint.counts.skipped);
  record.at("images_done").get_to(checkpoint.images_done);
  record.at("seconds").get_to(checkpoint.seconds);
  for (const Json& entry : record.at("epochs")) {
    EpochMetrics& epoch = checkpoint.epochs.emplace_back();
    entry.at("epoch").get_to(epoch.epoch);
    entry.at("lr").get_to(epoch.lr);
    entry.at("train_loss").get_to(epoch.train_loss);
    const Json& accuracy = entry.at("train_accuracy");
    epoch.train_accuracy =
        accuracy.is_null() ? std::numeric_limits<double>::quiet_NaN() : accuracy.get<double>();
    entry.at("seconds").get_to(epoch.seconds);
    entry.at("loss_sum").get_to(epoch.loss_sum);
  }
  return checkpoint;
}

HostArrays arrays_of(const Checkpoint& checkpoint) {
  HostArrays arrays;
  for (const Part& part : kParts) {
    for (const auto& [name, tensor] : checkpoint.*(part.tensors)) {
      arrays.add(std::string(part.prefix) + name, tensor);
    }
  }
  return arrays;
}

void read_state(const fs::path& path, Checkpoint& checkpoint) {
  const auto file = WeightsFile::open(path);
  for (const auto& info : file->tensors()) {
    for (const Part& part : kParts) {
      if (!info.name.starts_with(part.prefix)) continue;
      (checkpoint.*(part.tensors))[info.name.substr(part.prefix.size())] = to_tensor(file->read(info));
    }
  }
}

/// Of files with these hashes.
Json manifest_of(const fs::path& folder, const std::map<std::string, std::string>& sha256_by_name) {
  Json files;
  for (const auto& [name, sha256] : sha256_by_name) {
    files[name] = {{"bytes", fs::file_size(folder / name)}, {"sha256", sha256}};
  }
  return {{"schema", 1}, {"files", files}};
}

Json manifest_of(const fs::path& folder) {
  return manifest_of(
      folder, {{kState, sha256_of_file(folder / kState)}, {kRecord, sha256_of_file(folder / kRecord)}});
}

/// Why a checkpoint cannot be trusted; empty if it can.
std::string defect_of(const fs::path& folder) {
  try {
    if (manifest_of(folder) == read_json(folder / kManifest)) return {};
    return "its files are not those that its manifest.json lists";
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// Checkpoints of a folder, the newest first.
std::vector<fs::path> newest_first(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().filename().string().starts_with("step-")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

void require_same_environment(const fs::path& path, const Json& record, const CheckpointOptions& options) {
  if (options.allow_inexact) return;
  const auto then = record.at("environment").get<std::map<std::string, std::string>>();
  std::vector<std::string> differing;
  for (const auto& [name, value] : options.environment) {
    const auto found = then.find(name);
    const std::string earlier = found == then.end() ? "unknown" : found->second;
    if (earlier != value) differing.push_back(fmt::format("{} ({} then, {} now)", name, earlier, value));
  }
  if (differing.empty()) return;
  throw ResumeError({.what = "cannot go on from the checkpoint",
                     .where = path.string(),
                     .why = "it was made with other " + join(differing, " and ") +
                            ", so that the weights would get other bits",
                     .safe = "Nothing was changed",
                     .todo = "Go on where it was made, accept other bits with --allow-inexact, or start anew "
                             "with --fresh"});
}

}  // namespace

void CheckpointFolder::keep(const Checkpoint& checkpoint) {
  if (!keeps_any()) return;
  if (!last_whole_) last_whole_ = newest_whole([](const fs::path&, const std::string&) {});
  const auto path = options_.folder / fmt::format("step-{:08}", checkpoint.steps);
  if (path == last_whole_) return;  // that which the training went on from
  remove_tree(path);                // a damaged one
  AtomicFolder folder(path);
  const HostArrays arrays = arrays_of(checkpoint);
  auto state_sha256 = write_safetensors_hashed(folder.temporary() / kState, arrays.views(), /*metadata=*/{});
  const auto record = to_text(record_of(checkpoint, options_));
  write_file(folder.temporary() / kRecord, record);
  remove_all_but_last_whole();  // while the hash is still being computed
  write_json(folder.temporary() / kManifest,
             manifest_of(folder.temporary(), {{kState, state_sha256.get()}, {kRecord, sha256_hex(record)}}));
  folder.commit_synced_files();
  last_whole_ = path;
}

std::optional<Checkpoint> CheckpointFolder::newest(TrainingObserver& observer) {
  last_whole_ = newest_whole([&](const fs::path& path, const std::string& defect) {
    observer.on_note("the checkpoint " + path.string() + " is not used: " + defect);
  });
  if (last_whole_->empty()) return std::nullopt;
  const Json record = read_json(*last_whole_ / kRecord);
  if (record.at("key") != options_.key) {
    remove_tree(options_.folder);
    last_whole_->clear();
    return std::nullopt;
  }
  require_same_environment(*last_whole_, record, options_);
  Checkpoint checkpoint = checkpoint_of(record);
  read_state(*last_whole_ / kState, checkpoint);
  return checkpoint;
}

fs::path CheckpointFolder::newest_whole(
    const std::function<void(const fs::path&, const std::string&)>& on_defect) const {
  for (const auto& path : newest_first(options_.folder)) {
    const std::string defect = defect_of(path);
    if (defect.empty()) return path;
    on_defect(path, defect);
  }
  return {};
}

void CheckpointFolder::remove_all_but_last_whole() const {
  for (const auto& path : newest_first(options_.folder)) {
    if (path != last_whole_) remove_tree(path);  // an older one, or a damaged one that was passed over
  }
}

std::optional<CheckpointSummary> newest_summary(const fs::path& folder) {
  for (const auto& path : newest_first(folder)) {
    try {
      const Json record = read_json(path / kRecord);
      const Checkpoint checkpoint = checkpoint_of(record);
      CheckpointSummary summary{.identity = record.at("identity"),
                                .epochs = static_cast<int>(checkpoint.epochs.size()),
                                .seconds = checkpoint.seconds};
      for (const auto& epoch : checkpoint.epochs) summary.seconds += epoch.seconds;
      return summary;
    } catch (const std::exception&) {
      // Damaged, or removed just now by the process that trains: the one before tells enough.
    }
  }
  return std::nullopt;
}

bool holds_checkpoint(const std::filesystem::path& folder) { return !newest_first(folder).empty(); }

}  // namespace mirrortune
