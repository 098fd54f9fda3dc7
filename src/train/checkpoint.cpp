#include "train/checkpoint.h"

#include <array>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

/// The parts of a checkpoint, and what the names of their tensors begin with.
struct Part {
  std::string_view prefix;
  std::map<std::string, torch::Tensor> Checkpoint::*tensors;
};
constexpr std::array<Part, 3> kParts = {{{"network.", &Checkpoint::network},
                                         {"optimizer.", &Checkpoint::optimizer},
                                         {"scaler.", &Checkpoint::scaler}}};

Json history_of(const Checkpoint& checkpoint) {
  Json history;
  history["steps"] = checkpoint.steps;
  history["counts"] = {checkpoint.counts.zeros, checkpoint.counts.sign_flips, checkpoint.counts.clamped,
                       checkpoint.counts.skipped};
  history["epochs"] = Json::array();
  for (const auto& epoch : checkpoint.epochs) {
    history["epochs"].push_back(
        {epoch.epoch, epoch.lr, epoch.train_loss, epoch.train_accuracy, epoch.seconds, epoch.loss_sum});
  }
  return history;
}

void read_history(const std::string& text, Checkpoint& checkpoint) {
  const auto history = Json::parse(text);
  checkpoint.steps = history.at("steps").get<std::int64_t>();
  const auto counts = history.at("counts").get<std::vector<std::int64_t>>();
  checkpoint.counts = {
      .zeros = counts.at(0), .sign_flips = counts.at(1), .clamped = counts.at(2), .skipped = counts.at(3)};
  for (const auto& epoch : history.at("epochs")) {
    checkpoint.epochs.push_back({.epoch = epoch.at(0).get<int>(),
                                 .lr = epoch.at(1).get<double>(),
                                 .train_loss = epoch.at(2).get<double>(),
                                 .train_accuracy = epoch.at(3).get<double>(),
                                 .seconds = epoch.at(4).get<double>(),
                                 .loss_sum = epoch.at(5).get<double>()});
  }
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  std::vector<NamedArray> arrays;
  for (const Part& part : kParts) {
    for (const auto& [name, tensor] : checkpoint.*(part.tensors)) {
      arrays.push_back(to_array(std::string(part.prefix) + name, tensor));
    }
  }
  std::vector<ArrayView> views;
  views.reserve(arrays.size());
  for (const auto& array : arrays) views.push_back(view_of(array));
  write_safetensors(path, views, {{"key", checkpoint.key}, {"history", history_of(checkpoint).dump()}});
}

std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path, const std::string& key) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const auto file = WeightsFile::open(path);
  const auto found = file->metadata().find("key");
  if (found == file->metadata().end() || found->second != key) return std::nullopt;
  Checkpoint checkpoint{.key = key};
  try {
    read_history(file->metadata().at("history"), checkpoint);
  } catch (const std::exception& error) {
    throw DataError({.what = "cannot go on from the checkpoint",
                     .where = path.string(),
                     .why = std::string("its history cannot be read: ") + error.what(),
                     .safe = "Nothing was changed",
                     .todo = "Remove it to have the trial start anew"});
  }
  for (const auto& info : file->tensors()) {
    for (const Part& part : kParts) {
      if (!info.name.starts_with(part.prefix)) continue;
      (checkpoint.*(part.tensors))[info.name.substr(part.prefix.size())] = to_tensor(file->read(info));
    }
  }
  return checkpoint;
}

}  // namespace mirrortune
