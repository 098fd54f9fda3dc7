#pragma once

#include <map>
#include <string>

#include <torch/types.h>

namespace mirrortune {

/// How the scale of a loss moves; the defaults are those of torch.amp.GradScaler.
struct LossScalerOptions {
  double initial_scale = 65536.0;  ///< > 0
  double growth = 2.0;             ///< > 1: factor after `growth_interval` steps in a row
  double backoff = 0.5;            ///< in (0, 1): factor after a step with a gradient that is not finite
  int growth_interval = 2000;      ///< ≥ 1
};

/// Scales a loss so that float16 gradients do not vanish (Micikevicius et al. 2018). The optimiser takes the
/// scale out of the gradients, skips a step of gradients that are not finite, and has the scale follow:
///   scaler.scale(loss).backward();
///   optimizer.step(scaler);
/// All of it stays on the device; nothing waits for the host.
class LossScaler {
 public:
  /// Throws ConfigError for options out of range.
  explicit LossScaler(torch::Device device, const LossScalerOptions& options = {});

  /// loss × scale.
  torch::Tensor scale(const torch::Tensor& loss) const { return loss * scale_; }
  /// The present factor, read from the device.
  double current() const;

  /// The state as tensors "scale" and "growth_tracker", shared with the scaler.
  std::map<std::string, torch::Tensor> named_state() const;
  /// Replaces the state by a copy. Throws DataError for a missing tensor or one without meaning; the state is
  /// then as it was.
  void load_named_state(const std::map<std::string, torch::Tensor>& state);

  /// For the optimiser: float32 with one element each, on the device.
  const torch::Tensor& scale_tensor() const { return scale_; }
  const torch::Tensor& found_inf() const { return found_inf_; }  ///< 1 if the step was skipped, otherwise 0
  /// For the optimiser, after a step: moves the scale as `found_inf` says.
  void update();

 private:
  LossScalerOptions options_;
  torch::Tensor scale_, found_inf_;
  torch::Tensor growth_tracker_;  ///< int32: good steps in a row
};

}  // namespace mirrortune
