#include "optim/mirror_descent.h"

#include <algorithm>
#include <set>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "base/text.h"
#include "optim/cuda_step.h"
#include "optim/detail/cuda_stream.h"
#include "optim/detail/fused_step.h"
#include "optim/detail/settings.h"

namespace mirrortune {
namespace {

using detail::settings_of;
using detail::throw_option_error;
using torch::optim::OptimizerParamGroup;

const MirrorDescentOptions& options_of(const OptimizerParamGroup& group) {
  return dynamic_cast<const MirrorDescentOptions&>(group.options());
}

void check_parameters(const std::vector<torch::Tensor>& parameters) {
  std::set<const void*> seen;
  for (const torch::Tensor& parameter : parameters) {
    if (!parameter.defined()) throw_option_error("every parameter must be a tensor and one is undefined");
    if (!parameter.is_floating_point()) {
      throw_option_error(std::string("every parameter must be a floating-point tensor and one is ") +
                         toString(parameter.scalar_type()));
    }
    if (parameter.layout() != torch::kStrided) {
      throw_option_error("every parameter must be dense and one is sparse");
    }
    if (parameter.device() != parameters.front().device()) {
      throw_option_error("all parameters must be on one device and are on " +
                         parameters.front().device().str() + " and " + parameter.device().str());
    }
    if (!parameter.is_cpu() && !(parameter.is_cuda() && has_cuda_step())) {
      throw_option_error(std::string("every parameter must be on the CPU") +
                         (has_cuda_step() ? " or a CUDA device" : "") + " and one is on " +
                         parameter.device().str());
    }
    if (!seen.insert(parameter.unsafeGetTensorImpl()).second) {
      throw_option_error("every parameter must be given once and one is given twice");
    }
  }
}

/// Checks the options that hold for the optimiser as a whole.
void check_common_options(const std::vector<StepSettings>& groups) {
  for (const StepSettings& group : groups) {
    if (group.clip_norm != groups.front().clip_norm) {
      throw_option_error("clip_norm must be the same in all groups and is " +
                         format_number(groups.front().clip_norm) + " and " + format_number(group.clip_norm));
    }
    if (group.nonfinite_gradients != groups.front().nonfinite_gradients) {
      throw_option_error("nonfinite_gradients must be the same in all groups");
    }
  }
}

/// Throws ConfigError for a potential that no device code knows.
void check_device_potential(const Potential& potential) {
  if (std::holds_alternative<OwnPotential>(potential)) {
    throw_option_error("the potential " + to_text(potential) + " is for parameters on the CPU only");
  }
}

[[noreturn]] void throw_nonfinite_gradient() {
  throw DataError({.what = "cannot take a step of mirror descent",
                   .why = "a gradient is NaN or infinite",
                   .safe = "The weights are as they were"});
}

}  // namespace

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
  take_step(/*scaler=*/nullptr);
  return loss;
}

void MirrorDescent::step(LossScaler& scaler) {
  take_step(&scaler);
  scaler.update();
}

std::vector<StepSettings> MirrorDescent::all_settings() const {
  std::vector<StepSettings> settings;
  for (const OptimizerParamGroup& group : param_groups()) settings.push_back(settings_of(options_of(group)));
  check_common_options(settings);
  return settings;
}

void MirrorDescent::take_step(LossScaler* scaler) {
  const torch::NoGradGuard no_grad;
  const std::vector<StepSettings> settings = all_settings();
  detail::FusedStep fused;
  bool on_cuda = false;
  for (std::size_t g = 0; g < settings.size(); ++g) {
    for (const torch::Tensor& parameter : param_groups()[g].params()) {
      if (!parameter.grad().defined()) continue;
      on_cuda = parameter.is_cuda();
      if (on_cuda) check_device_potential(settings[g].potential);
      fused.add(parameter, state_of(parameter), settings[g]);
    }
  }
  if (settings.empty()) return;
  const StepSettings& common = settings.front();
  if (on_cuda) {
    step_on_cuda(fused, settings, scaler);
    return;
  }
  const double loss_scale = scaler ? scaler->current() : 1.0;
  double gradient_scale = 1.0 / loss_scale;
  const NonfiniteGradients policy = scaler ? NonfiniteGradients::skip : common.nonfinite_gradients;
  if (common.clip_norm > 0.0 || policy != NonfiniteGradients::propagate) {
    const GradientSurvey gradients = fused.survey();
    if (!gradients.finite && policy == NonfiniteGradients::error) throw_nonfinite_gradient();
    const bool skip = !gradients.finite && policy == NonfiniteGradients::skip;
    if (scaler) scaler->found_inf().fill_(skip ? 1.0 : 0.0);
    if (skip) {
      ++counts_.skipped;
      return;
    }
    // As torch.nn.utils.clip_grad_norm_ has it.
    if (common.clip_norm > 0.0) {
      gradient_scale *= std::min(1.0, common.clip_norm / (gradients.norm / loss_scale + 1e-6));
    }
  }
  counts_.zeros = 0;
  counts_ += fused.run(gradient_scale);
}

void MirrorDescent::step_on_cuda(detail::FusedStep& fused, const std::vector<StepSettings>& settings,
                                 LossScaler* scaler) {
  const auto device = all_parameters().front().device();
  const c10::DeviceGuard on_device(device);
  const detail::CudaStream stream = detail::current_cuda_stream(device);
  const StepSettings& common = settings.front();
  const bool error = !scaler && common.nonfinite_gradients == NonfiniteGradients::error;
  if (error && stream.captured) {
    throw_option_error(
        "a step recorded into a graph cannot report a gradient that is not finite as an error");
  }
  if (!cuda_) cuda_ = std::make_shared<CudaStepper>();
  if (error) counts_ += cuda_->take_counts(stream.handle);
  fused.run_on_cuda(*cuda_,
                    {.groups = settings,
                     .stream = stream.handle,
                     .captured = stream.captured,
                     .skip_nonfinite = scaler || common.nonfinite_gradients != NonfiniteGradients::propagate,
                     .clip_norm = common.clip_norm,
                     .loss_scale = scaler ? scaler->scale_tensor().const_data_ptr<float>() : nullptr,
                     .found_inf = scaler ? scaler->found_inf().mutable_data_ptr<float>() : nullptr});
  if (!error) return;
  const StepCounts counts = cuda_->take_counts(stream.handle);
  if (counts.skipped > 0) throw_nonfinite_gradient();
  counts_.zeros = 0;
  counts_ += counts;
}

void MirrorDescent::refresh_captured_step() {
  if (!cuda_) return;
  const auto device = all_parameters().front().device();
  const c10::DeviceGuard on_device(device);
  cuda_->refresh_captured(all_settings(), detail::current_cuda_stream(device).handle);
}

StepCounts MirrorDescent::take_counts() {
  StepCounts taken = std::exchange(counts_, {});
  if (cuda_) {
    const auto device = all_parameters().front().device();
    const c10::DeviceGuard on_device(device);
    taken += cuda_->take_counts(detail::current_cuda_stream(device).handle);
  }
  return taken;
}

}  // namespace mirrortune
