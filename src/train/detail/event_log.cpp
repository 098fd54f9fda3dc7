#include "train/detail/event_log.h"

#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "models/layers.h"
#include "train/event_file.h"

namespace mirrortune {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void write_event(const std::filesystem::path& folder, const char* what, int epoch,
                 std::vector<EventValue> values) {
  const Event event{.wall_time = now(), .step = epoch, .values = std::move(values)};
  // TensorBoard reads the files of a folder in the order of their names.
  write_file(folder / fmt::format("events.out.tfevents.{:010}.{}", epoch, what), event_file({&event, 1}));
}

}  // namespace

EventLog::EventLog(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (!folder_.empty()) make_folder(folder_);
}

void EventLog::metrics(const EpochMetrics& epoch) const {
  if (folder_.empty()) return;
  std::vector<EventValue> values = {{"train/loss", static_cast<float>(epoch.train_loss)},
                                    {"train/lr", static_cast<float>(epoch.lr)},
                                    {"train/seconds", static_cast<float>(epoch.seconds)}};
  if (!std::isnan(epoch.train_accuracy)) {
    values.push_back({"train/accuracy", static_cast<float>(epoch.train_accuracy)});
  }
  write_event(folder_, "metrics", epoch.epoch, std::move(values));
}

void EventLog::weights(const Network& network, int epoch) const {
  if (folder_.empty()) return;
  std::vector<EventValue> values;
  for (const auto& layer : plastic_weights(network)) {
    const auto weight = layer.weight.detach().cpu().contiguous();
    const auto count = static_cast<std::size_t>(weight.numel());
    values.push_back({"weights/" + layer.name, event_histogram({weight.data_ptr<float>(), count})});
  }
  write_event(folder_, "weights", epoch, std::move(values));
}

}  // namespace mirrortune
