#pragma once

#include <filesystem>

#include "models/network.h"
#include "train/observer.h"

namespace mirrortune {

/// A trial's files for TensorBoard, `<folder>/events.out.tfevents.<epoch>.<what>`, each whole or not there:
/// the metrics of every epoch, and the distribution of each layer's weights at every snapshot.
class EventLog {
 public:
  /// Makes the folder. An empty path: nothing is kept.
  explicit EventLog(std::filesystem::path folder);

  void metrics(const EpochMetrics& epoch) const;
  /// After so many epochs; 0: the start.
  void weights(const Network& network, int epoch) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace mirrortune
