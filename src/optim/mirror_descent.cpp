#include "optim/mirror_descent.h"

#include <algorithm>
#include <set>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "base/text.h"
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
    if (!parameter.is_cpu()) {
      throw_option_error("every parameter must be on the CPU and one is on " + parameter.device().str());
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
  const torch::NoGradGuard no_grad;
  std::vector<StepSettings> settings;
  for (const OptimizerParamGroup& group : param_groups()) settings.push_back(settings_of(options_of(group)));
  if (settings.empty()) return loss;
  check_common_options(settings);
  detail::FusedStep fused;
  for (std::size_t g = 0; g < settings.size(); ++g) {
    for (const torch::Tensor& parameter : param_groups()[g].params()) {
      if (parameter.grad().defined()) fused.add(parameter, state_of(parameter), settings[g]);
    }
  }
  const StepSettings& common = settings.front();
  double gradient_scale = 1.0;
  if (common.clip_norm > 0.0 || common.nonfinite_gradients != NonfiniteGradients::propagate) {
    const GradientSurvey gradients = fused.survey();
    if (!gradients.finite && common.nonfinite_gradients == NonfiniteGradients::error) {
      throw DataError({.what = "cannot take a step of mirror descent",
                       .why = "a gradient is NaN or infinite",
                       .safe = "The weights are as they were"});
    }
    if (!gradients.finite && common.nonfinite_gradients == NonfiniteGradients::skip) {
      ++counts_.skipped;
      return loss;
    }
    // As torch.nn.utils.clip_grad_norm_ has it.
    if (common.clip_norm > 0.0) gradient_scale = std::min(1.0, common.clip_norm / (gradients.norm + 1e-6));
  }
  counts_.zeros = 0;
  counts_ += fused.run(gradient_scale);
  return loss;
}

}  // namespace mirrortune
