#include "optim/mirror_descent.h"

#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "base/text.h"
#include "optim/cpu_step.h"
#include "optim/reference_step.h"

namespace mirrortune {
namespace {

using torch::optim::OptimizerParamGroup;

[[noreturn]] void throw_option_error(std::string why) {
  throw ConfigError({.what = "cannot take a step of mirror descent", .why = std::move(why)});
}

void require_at_least_zero(const char* name, double value) {
  if (std::isfinite(value) && value >= 0.0) return;
  throw_option_error(std::string(name) + " must be a finite number of at least 0 and is " +
                     format_number(value));
}

Potential potential_of(const std::string& text) {
  try {
    return parse_potential(text);
  } catch (const std::invalid_argument& error) {
    throw_option_error(error.what());
  }
}

/// The options of a group, checked. Throws ConfigError.
StepSettings settings_of(const MirrorDescentOptions& options) {
  require_at_least_zero("lr", options.lr());
  require_at_least_zero("momentum", options.momentum());
  require_at_least_zero("weight_decay", options.weight_decay());
  if (!(options.dampening() >= 0.0 && options.dampening() <= 1.0)) {
    throw_option_error("dampening must lie in [0, 1] and is " + format_number(options.dampening()));
  }
  if (options.nesterov() && (options.momentum() == 0.0 || options.dampening() != 0.0)) {
    throw_option_error("nesterov needs a momentum above 0 and a dampening of 0, which are " +
                       format_number(options.momentum()) + " and " + format_number(options.dampening()));
  }
  if (options.normalization() != "none" && options.normalization() != "rms") {
    throw_option_error("normalization must be none or rms and is '" + options.normalization() + "'");
  }
  return {.lr = options.lr(),
          .momentum = options.momentum(),
          .dampening = options.dampening(),
          .nesterov = options.nesterov(),
          .weight_decay = options.weight_decay(),
          .potential = potential_of(options.potential()),
          .rms_normalized = options.normalization() == "rms"};
}

const MirrorDescentOptions& options_of(const OptimizerParamGroup& group) {
  return dynamic_cast<const MirrorDescentOptions&>(group.options());
}

void check_parameters(const std::vector<torch::Tensor>& parameters) {
  std::set<const void*> seen;
  for (const torch::Tensor& parameter : parameters) {
    if (!parameter.defined() ||
        (parameter.scalar_type() != torch::kFloat32 && parameter.scalar_type() != torch::kFloat64)) {
      throw_option_error(std::string("every parameter must be a float32 or float64 tensor and one is ") +
                         (parameter.defined() ? toString(parameter.scalar_type()) : "undefined"));
    }
    if (!seen.insert(parameter.unsafeGetTensorImpl()).second) {
      throw_option_error("every parameter must be given once and one is given twice");
    }
  }
}

/// Root mean square of a tensor, summed in float64 in the order of its elements; 1 if all of them are 0.
double rms_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const double* data = values.const_data_ptr<double>();
  double sum = 0.0;
  for (std::int64_t i = 0; i < values.numel(); ++i) sum += data[i] * data[i];
  return sum > 0.0 ? std::sqrt(sum / static_cast<double>(values.numel())) : 1.0;
}

/// The tensor in the memory order of `like`, which is non-overlapping and dense; itself if it has that order.
torch::Tensor in_layout_of(const torch::Tensor& like, const torch::Tensor& tensor) {
  const bool same =
      tensor.strides() == like.strides() && tensor.scalar_type() == like.scalar_type() && !tensor.is_neg();
  return same ? tensor : torch::empty_like(like).copy_(tensor);
}

bool takes_fused_step(const torch::Tensor& weight) {
  return weight.is_cpu() && weight.scalar_type() == torch::kFloat32 && weight.layout() == torch::kStrided;
}

/// The tensors of one fused step, and what must live until it is done.
struct FusedStep {
  std::vector<TensorStep> tensors;
  std::vector<torch::Tensor> alive, stepped;
  /// Weights with gaps, and the dense copies that are stepped.
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copied;

  void add(const torch::Tensor& weight, const torch::Tensor& gradient, torch::Tensor& velocity,
           const StepSettings& settings, double scale) {
    torch::Tensor dense = weight;
    if (!weight.is_non_overlapping_and_dense()) {
      dense = weight.contiguous();
      copied.emplace_back(weight, dense);
    }
    stepped.push_back(weight);
    alive.push_back(in_layout_of(dense, gradient));
    const bool first = settings.momentum != 0.0 && !velocity.defined();
    if (first) velocity = torch::empty_like(dense);
    if (velocity.defined()) velocity = in_layout_of(dense, velocity);
    tensors.push_back({.weight = dense.mutable_data_ptr<float>(),
                       .gradient = alive.back().const_data_ptr<float>(),
                       .velocity = settings.momentum != 0.0 ? velocity.mutable_data_ptr<float>() : nullptr,
                       .first_velocity = first,
                       .size = dense.numel(),
                       .scale = scale,
                       .settings = &settings});
  }

  StepCounts run() {
    const StepCounts counts = step_on_cpu(tensors);
    for (auto& [weight, dense] : copied) weight.copy_(dense);
    // As an operation in place would do: autograd then sees that saved weights are not what they were.
    for (const torch::Tensor& weight : stepped) weight.unsafeGetTensorImpl()->bump_version();
    return counts;
  }
};

}  // namespace

MirrorDescentOptions::MirrorDescentOptions(double lr) : lr_(lr) {}
double MirrorDescentOptions::get_lr() const { return lr(); }
void MirrorDescentOptions::set_lr(const double new_lr) { lr(new_lr); }

MirrorDescentOptions make_options(double lr, const std::string& potential, const OptimizerOptions& options) {
  return MirrorDescentOptions(lr)
      .momentum(options.momentum)
      .dampening(options.dampening)
      .nesterov(options.nesterov)
      .weight_decay(options.weight_decay)
      .potential(potential)
      .normalization(options.normalization == Normalization::rms ? "rms" : "none");
}

MirrorDescent::MirrorDescent(const std::vector<OptimizerParamGroup>& groups,
                             const MirrorDescentOptions& defaults)
    : Optimizer(std::vector<OptimizerParamGroup>{}, std::make_unique<MirrorDescentOptions>(defaults)) {
  settings_of(defaults);
  for (const OptimizerParamGroup& group : groups) add_param_group(group);
}

MirrorDescent::MirrorDescent(std::vector<torch::Tensor> parameters, const MirrorDescentOptions& options)
    : MirrorDescent({OptimizerParamGroup(std::move(parameters))}, options) {}

void MirrorDescent::add_param_group(const OptimizerParamGroup& group) {
  // LibTorch's own add_param_group replaces the options of a group by the defaults unless the optimiser is
  // one of its own.
  const auto options = group.has_options() ? group.options().clone() : defaults().clone();
  const auto* own = dynamic_cast<const MirrorDescentOptions*>(options.get());
  if (!own) throw_option_error("the options of a parameter group must be MirrorDescentOptions");
  settings_of(*own);
  std::vector<torch::Tensor> parameters = all_parameters();
  parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  check_parameters(parameters);
  Optimizer::add_param_group(OptimizerParamGroup(group.params()));
  param_groups().back().set_options(options->clone());
}

void MirrorDescent::set_lr(double lr) {
  for (OptimizerParamGroup& group : param_groups()) group.options().set_lr(lr);
}

torch::Tensor MirrorDescent::step(LossClosure closure) {
  torch::Tensor loss;
  if (closure) {
    const at::AutoGradMode with_gradients(true);
    loss = closure();
  }
  const torch::NoGradGuard no_grad;
  std::vector<StepSettings> settings;
  for (const OptimizerParamGroup& group : param_groups()) settings.push_back(settings_of(options_of(group)));
  forget_zeros();
  FusedStep fused;
  for (std::size_t g = 0; g < settings.size(); ++g) {
    for (torch::Tensor& weight : param_groups()[g].params()) {
      const torch::Tensor& gradient = weight.grad();
      if (!gradient.defined()) continue;
      if (gradient.is_sparse()) throw_option_error("gradients must be dense and one is sparse");
      MirrorDescentState& state = state_of(weight);
      if (settings[g].rms_normalized && !state.rms) state.rms = rms_of(weight);
      const double scale =
          settings[g].rms_normalized ? second_derivative(settings[g].potential, *state.rms) : 1.0;
      if (takes_fused_step(weight)) {
        fused.add(weight, gradient, state.velocity, settings[g], scale);
      } else {
        count_on_device(reference_step(weight, gradient, state.velocity, settings[g], scale));
      }
    }
  }
  count(fused.run());
  return loss;
}

}  // namespace mirrortune
