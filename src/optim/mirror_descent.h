#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include "optim/options.h"
#include "optim/step_settings.h"

namespace mirrortune {

/// Options of one parameter group, in LibTorch's style. A group's options stand as they are given: nothing is
/// inherited from the optimiser's defaults. They may be changed between steps.
struct MirrorDescentOptions : public torch::optim::OptimizerCloneableOptions<MirrorDescentOptions> {
  MirrorDescentOptions(double lr);
  /// η ≥ 0.
  TORCH_ARG(double, lr);
  /// μ ≥ 0 of the velocity v ← μ v + (1 − dampening) g; the first step has v = g.
  TORCH_ARG(double, momentum) = 0.0;
  /// In [0, 1]; must be 0 with nesterov.
  TORCH_ARG(double, dampening) = 0.0;
  /// Step along g + μ v; needs momentum > 0.
  TORCH_ARG(bool, nesterov) = false;
  /// λ ≥ 0, coupled: g ← g + λ w.
  TORCH_ARG(double, weight_decay) = 0.0;
  /// As in configurations: "negative_entropy", "3-norm", "1.5-norm".
  TORCH_ARG(std::string, potential) = "2-norm";
  /// "none", or "rms": dual increments times φ''(c), c the RMS of the tensor before its first step.
  TORCH_ARG(std::string, normalization) = "none";

 public:
  double get_lr() const override;
  void set_lr(const double lr) override;
};

/// The options that a cell of a configuration's grid gives.
MirrorDescentOptions make_options(double lr, const std::string& potential, const OptimizerOptions& options);

/// What is kept of one parameter between steps.
struct MirrorDescentState : public torch::optim::OptimizerCloneableParamState<MirrorDescentState> {
  /// v, in the parameter's layout; undefined before the first step with momentum.
  torch::Tensor velocity;
  /// c of the rms normalization: the RMS before the first step, 1 if all weights are 0.
  std::optional<double> rms;
};

/// Mirror descent φ'(w⁺) = φ'(w) − η d with a potential per parameter group; d is composed exactly as
/// torch.optim.SGD composes it, and with "2-norm" every step equals LibTorch's SGD bit for bit. float32 on
/// the CPU takes one fused pass over all tensors, with the same bits for any number of threads; float64 and
/// other devices take the step of reference_step.h. Parameters without a gradient are left alone. Throws
/// ConfigError for options out of range and for parameters that are not float32 or float64, sparse gradients,
/// or the same parameter twice.
class MirrorDescent : public torch::optim::Optimizer {
 public:
  MirrorDescent(const std::vector<torch::optim::OptimizerParamGroup>& groups,
                const MirrorDescentOptions& defaults);
  MirrorDescent(std::vector<torch::Tensor> parameters, const MirrorDescentOptions& options);

  /// One step from the gradients that are there, or from those of `closure`, whose loss is then returned.
  torch::Tensor step(LossClosure closure = nullptr) override;

  /// Adds a group, with its own options if it has some.
  void add_param_group(const torch::optim::OptimizerParamGroup& group);
  /// Sets the learning rate of every group.
  void set_lr(double lr);

  /// The state as tensors named `<parameter>.velocity` and `<parameter>.rms`; slots not in use are left
  /// out. `names` has one name per parameter, in the order of the groups. The tensors are shared with the
  /// optimiser, not copied.
  std::map<std::string, torch::Tensor> named_state(const std::vector<std::string>& names) const;
  /// Replaces the state by a copy of `state`. Throws DataError for a name that belongs to no parameter and
  /// for another shape; the state is then as it was.
  void load_named_state(const std::vector<std::string>& names,
                        const std::map<std::string, torch::Tensor>& state);

  /// The counts since the last call, or since the start.
  StepCounts take_counts();

  /// Every option and the named state, with parameters named by their number; used by torch::save and
  /// torch::load.
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

 private:
  std::vector<torch::Tensor> all_parameters() const;
  MirrorDescentState& state_of(const torch::Tensor& parameter);

  void count(const StepCounts& step);
  void count_on_device(const torch::Tensor& step);
  void forget_zeros();

  StepCounts counts_;
  /// Counts of reference steps that are not in `counts_` yet, one tensor per device.
  std::vector<torch::Tensor> device_counts_;
};

}  // namespace mirrortune
