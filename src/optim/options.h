#pragma once

namespace mirrortune {

/// Scale of the potential: `none` is the published φ; `rms` divides weights by their tensor's root mean
/// square at the start, so that one learning rate carries from one potential to another (mathematics: φ''(c)
/// = 1 at c = RMS).
enum class Normalization { none, rms };

/// What a configuration's `optimizer:` says. Mirror descent as torch.optim.SGD composes it: decay, momentum,
/// Nesterov.
struct OptimizerOptions {
  double momentum = 0.9;      ///< μ ≥ 0 of the velocity v ← μ v + (1 − dampening) g
  double dampening = 0.0;     ///< in [0, 1]; must be 0 with nesterov
  bool nesterov = false;      ///< step along g + μ v; needs momentum > 0
  double weight_decay = 0.0;  ///< λ ≥ 0, coupled: g ← g + λ w
  Normalization normalization = Normalization::none;
};

}  // namespace mirrortune
