#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <torch/optim/optimizer.h>
#include <torch/types.h>

#include "optim/loss_scaler.h"
#include "optim/options.h"
#include "optim/step_settings.h"

namespace mirrortune {

class CudaStepper;
namespace detail {
class FusedStep;
}

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
  /// λ ≥ 0; what it does is said by `decay`.
  TORCH_ARG(double, weight_decay) = 0.0;
  /// "coupled", "decoupled" or "bregman": see Decay.
  TORCH_ARG(std::string, decay) = "coupled";
  /// As in configurations: "negative_entropy", "3-norm", "hypentropy(beta=0.01)".
  TORCH_ARG(std::string, potential) = "2-norm";

 public:
  /// A potential of one's own: see own_potential. It stands under its name until another text is set.
  MirrorDescentOptions& potential(const OwnPotential& own);
  /// The potential that was given by itself, if there is one.
  const std::optional<OwnPotential>& own_potential() const { return own_potential_; }
  /// "none", or "rms": dual increments times φ''(c), c the RMS of the tensor before its first step.
  TORCH_ARG(std::string, normalization) = "none";
  /// β₂ in [0, 1): directions are divided by √ of Adam's running mean of g² and the velocity becomes Adam's
  /// first moment (momentum = β₁ < 1, dampening 0, no nesterov), both with their corrections. 0: off. With
  /// "2-norm" this is torch.optim.Adam, with decoupled decay AdamW.
  TORCH_ARG(double, second_moment) = 0.0;
  /// > 0, added to the root of the second moment.
  TORCH_ARG(double, epsilon) = 1e-8;
  /// Gradients whose norm, all parameters of the optimiser together, is above this are scaled down to it; 0:
  /// off. One value for all groups.
  TORCH_ARG(double, clip_norm) = 0.0;
  /// "mirror_descent", "dual_averaging" or "pair": see Form. The last two take coupled decay only.
  TORCH_ARG(std::string, form) = "mirror_descent";
  /// β > 0 of the pair form: it starts with u⁺u⁻ = β²/4, and under negative entropy equals
  /// hypentropy(beta=β).
  TORCH_ARG(double, pair_beta) = 0.01;
  /// "keep", "eps" or "mask": see ZeroPolicy. The pair form takes no "eps", nor does dual averaging.
  TORCH_ARG(std::string, zeros) = "keep";
  /// > 0, where a weight of 0 is moved to by "eps".
  TORCH_ARG(double, zero_eps) = 1e-8;
  /// "propagate", "skip" or "error": see NonfiniteGradients. One value for all groups.
  TORCH_ARG(std::string, nonfinite_gradients) = "propagate";

 public:
  double get_lr() const override;
  void set_lr(const double lr) override;

 private:
  std::optional<OwnPotential> own_potential_;
};

/// The options that a cell of a configuration's grid gives; its `groups` are left to the caller.
MirrorDescentOptions make_options(double lr, const std::string& potential, const OptimizerOptions& options);

/// What is kept of one parameter between steps. Tensors are undefined until they are needed, and then in the
/// parameter's layout; float32 for parameters of a lower precision.
struct MirrorDescentState : public torch::optim::OptimizerCloneableParamState<MirrorDescentState> {
  torch::Tensor velocity;       ///< v
  torch::Tensor second_moment;  ///< the running mean of g²
  torch::Tensor start;          ///< w₀, for Bregman decay and dual averaging
  torch::Tensor direction_sum;  ///< Σd of dual averaging
  torch::Tensor plus, minus;    ///< u⁺ and u⁻ of the pair form
  torch::Tensor master;         ///< the weights themselves, where the parameter holds them rounded
  std::int64_t steps = 0;       ///< steps taken, counted where a second moment is kept
  /// On a CUDA device int64 [2], a DeviceStepNumbers: there it stands for `steps`, which then counts skipped
  /// steps too, and tells whether the velocity has begun.
  torch::Tensor device_steps;
  bool stepped = false;  ///< a step was taken; weights are then in the potential's domain
  /// c of the rms normalization: the RMS before the first step, 1 if all weights are 0.
  std::optional<double> rms;
};

/// Mirror descent φ'(w⁺) = φ'(w) − η d with a potential per parameter group; d is composed exactly as
/// torch.optim.SGD composes it, and with "2-norm" every step equals LibTorch's SGD bit for bit. Each step is
/// one fused pass over all tensors, with the same bits for any number of threads. float32 and float64
/// parameters are stepped in their own precision, float16 and bfloat16 ones through a float32 master copy.
/// Parameters without a gradient are left alone.
///
/// On a CUDA device a step is one launch (cuda_step.h), waits for nothing and may be recorded into a graph; a
/// replay then needs `refresh_captured_step` before it if an option changed. Potentials of one's own are for
/// the CPU.
///
/// Throws ConfigError for options out of range, for parameters that are not floating-point tensors on one
/// device, CPU or CUDA, that lie outside the potential's domain (looked at before a parameter's first step)
/// or are given twice, and for sparse gradients; DataError for a gradient that is not finite if that is asked
/// for. A step that throws has changed no weight and no state.
class MirrorDescent : public torch::optim::Optimizer {
 public:
  MirrorDescent(const std::vector<torch::optim::OptimizerParamGroup>& groups,
                const MirrorDescentOptions& defaults);
  MirrorDescent(std::vector<torch::Tensor> parameters, const MirrorDescentOptions& options);

  /// One step from the gradients that are there, or from those of `closure`, whose loss is then returned.
  torch::Tensor step(LossClosure closure = nullptr) override;
  /// One step from the gradients of a scaled loss, which then moves the scale. The step is skipped and
  /// counted if a gradient is not finite, whatever `nonfinite_gradients` says.
  void step(LossScaler& scaler);
  /// Sends the groups' options, such as the learning rate, to the steps that were recorded into CUDA graphs,
  /// for their next replays on the current stream.
  void refresh_captured_step();

  /// Adds a group, with its own options if it has some.
  void add_param_group(const torch::optim::OptimizerParamGroup& group);
  /// Sets the learning rate of every group.
  void set_lr(double lr);

  /// The state as tensors named `<parameter>.<slot>`, the slots being the fields of MirrorDescentState; slots
  /// not in use are left out. `names` has one name per parameter, in the order of the groups. The tensors are
  /// shared with the optimiser, not copied.
  std::map<std::string, torch::Tensor> named_state(const std::vector<std::string>& names) const;
  /// Replaces the state by a copy of `state`. Throws DataError for a name that belongs to no parameter and
  /// for another shape; the state is then as it was.
  void load_named_state(const std::vector<std::string>& names,
                        const std::map<std::string, torch::Tensor>& state);

  /// The counts since the last call, or since the start; on a CUDA device it waits for them.
  StepCounts take_counts();

  /// Every option and the named state, with parameters named by their number; used by torch::save and
  /// torch::load.
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

 private:
  std::vector<torch::Tensor> all_parameters() const;
  MirrorDescentState& state_of(const torch::Tensor& parameter);
  std::vector<StepSettings> all_settings() const;
  void take_step(LossScaler* scaler);
  void step_on_cuda(detail::FusedStep& fused, const std::vector<StepSettings>& settings, LossScaler* scaler);

  StepCounts counts_;
  std::shared_ptr<CudaStepper> cuda_;  ///< made at the first step on a CUDA device
};

}  // namespace mirrortune
