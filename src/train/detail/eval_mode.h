#pragma once

#include "models/network.h"

namespace mirrortune {

/// Eval mode as long as it lives, then the mode that was before.
class EvalMode {
 public:
  explicit EvalMode(Network& network) : network_(network), was_training_(network.is_training()) {
    network_.eval();
  }
  ~EvalMode() { network_.train(was_training_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  Network& network_;
  bool was_training_;
};

}  // namespace mirrortune
