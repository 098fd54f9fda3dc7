#include "optim/detail/fused_step.h"

#include <cmath>
#include <optional>
#include <span>
#include <type_traits>

#include <torch/torch.h>

#include "base/text.h"
#include "optim/detail/settings.h"

namespace mirrortune::detail {
namespace {

/// Root mean square of a tensor, summed in float64 in the order of its elements; 1 if all of them are 0.
double rms_of(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const double* data = values.const_data_ptr<double>();
  double sum = 0.0;
  for (std::int64_t i = 0; i < values.numel(); ++i) sum += data[i] * data[i];
  return sum > 0.0 ? std::sqrt(sum / static_cast<double>(values.numel())) : 1.0;
}

/// The tensor in the dtype and the memory order of `like`, which is non-overlapping and dense; itself if it
/// has them.
torch::Tensor in_layout_of(const torch::Tensor& like, const torch::Tensor& tensor) {
  const bool same =
      tensor.strides() == like.strides() && tensor.scalar_type() == like.scalar_type() && !tensor.is_neg();
  return same ? tensor : torch::empty_like(like).copy_(tensor);
}

bool has_own_precision(const torch::Tensor& parameter) {
  return parameter.scalar_type() == torch::kFloat32 || parameter.scalar_type() == torch::kFloat64;
}

/// The tensor whose memory is stepped: the parameter itself, or a copy of what a step starts from.
torch::Tensor stepped_tensor(const torch::Tensor& parameter, const MirrorDescentState& state) {
  const torch::Tensor plain = parameter.detach();
  if (!has_own_precision(parameter)) {
    return state.master.defined() ? state.master : plain.to(torch::kFloat32).contiguous();
  }
  return plain.is_non_overlapping_and_dense() ? plain : plain.contiguous();
}

/// A weight outside the potential's domain, if there is one. NaN and infinities are not looked for.
std::optional<double> outside_domain(const torch::Tensor& weight, const Potential& potential) {
  return std::visit(
      [&](const auto& chosen) -> std::optional<double> {
        if constexpr (has_bounded_domain<std::decay_t<decltype(chosen)>>) {
          const torch::Tensor values = weight.to(torch::kCPU, torch::kFloat64).contiguous();
          const std::span all(values.const_data_ptr<double>(), static_cast<std::size_t>(values.numel()));
          for (const double w : all) {
            if (std::isfinite(w) && !chosen.contains(w)) return w;
          }
        }
        return std::nullopt;
      },
      potential);
}

/// Throws ConfigError unless all weights lie in the potential's domain.
void check_domain(const torch::Tensor& weight, const Potential& potential) {
  if (const auto outside = outside_domain(weight, potential)) {
    throw_option_error("the weight " + format_number(*outside) + " lies outside the domain of " +
                       to_text(potential));
  }
}

/// Makes the slots that a step under these settings needs and that are not there yet.
void make_slots(MirrorDescentState& state, const torch::Tensor& weight, const StepSettings& settings) {
  const auto zeros = [&](torch::Tensor& slot) {
    slot = slot.defined() ? in_layout_of(weight, slot) : torch::zeros_like(weight);
  };
  const auto keep_start = [&] {
    state.start = state.start.defined() ? in_layout_of(weight, state.start) : weight.clone();
  };
  if (settings.momentum != 0.0) zeros(state.velocity);
  if (settings.second_moment != 0.0) zeros(state.second_moment);
  if (settings.decay == Decay::bregman && settings.weight_decay != 0.0) keep_start();
  if (settings.form == Form::dual_averaging) {
    keep_start();
    zeros(state.direction_sum);
  }
  if (settings.form == Form::pair && !state.plus.defined()) {
    // The smaller part from the product, so that it keeps its digits.
    const double quarter = settings.pair_beta * settings.pair_beta / 4.0;
    const auto wide = weight.to(torch::kFloat64);
    const auto larger = (wide.abs() + (wide.square() + 4.0 * quarter).sqrt()) / 2.0;
    const auto smaller = quarter / larger;
    state.plus = torch::empty_like(weight).copy_(torch::where(wide >= 0, larger, smaller));
    state.minus = torch::empty_like(weight).copy_(torch::where(wide >= 0, smaller, larger));
  } else if (settings.form == Form::pair) {
    state.plus = in_layout_of(weight, state.plus);
    state.minus = in_layout_of(weight, state.minus);
  }
}

/// Has the device count the steps, from where they stand.
void count_on_device(MirrorDescentState& state, const torch::Tensor& weight) {
  if (state.device_steps.defined()) return;
  const std::int64_t with_velocity = state.velocity.defined() ? 1 : 0;  // it matters only that it is not 0
  state.device_steps =
      torch::tensor({with_velocity, state.steps}, torch::TensorOptions(torch::kInt64)).to(weight.device());
}

template <class T>
T* data_of(const torch::Tensor& slot) {
  return slot.defined() ? slot.mutable_data_ptr<T>() : nullptr;
}

}  // namespace

void FusedStep::add(const torch::Tensor& parameter, MirrorDescentState& state, const StepSettings& settings) {
  const torch::Tensor& gradient = parameter.grad();
  if (gradient.layout() != torch::kStrided) throw_option_error("gradients must be dense and one is sparse");
  torch::Tensor weight = stepped_tensor(parameter, state);
  if (!state.stepped) check_domain(weight, settings.potential);
  items_.push_back({parameter, weight, in_layout_of(weight, gradient), &state, &settings});
}

/// The arrays of one dtype.
template <class T, class Make>
std::vector<TensorStep<T>> FusedStep::tensors(const Make& make) const {
  std::vector<TensorStep<T>> made;
  for (const Item& item : items_) {
    if (item.weight.scalar_type() == c10::CppTypeToScalarType<T>::value) made.push_back(make(item));
  }
  return made;
}

GradientSurvey FusedStep::survey() const {
  const auto survey_in = [&]<class T>(T) {
    const auto gradients = tensors<T>([](const Item& item) {
      return TensorStep<T>{.gradient = item.gradient.template const_data_ptr<T>(),
                           .size = item.weight.numel()};
    });
    return survey_on_cpu<T>(gradients);
  };
  const GradientSurvey single = survey_in(0.0f), wide = survey_in(0.0);
  return {.norm = std::hypot(single.norm, wide.norm), .finite = single.finite && wide.finite};
}

/// The arrays of one dtype, with all that the step needs made.
template <class T>
std::vector<TensorStep<T>> FusedStep::prepare(double gradient_scale) {
  return tensors<T>([&](const Item& item) {
    const StepSettings& settings = *item.settings;
    MirrorDescentState& state = *item.state;
    const bool first_velocity = settings.momentum != 0.0 && !state.velocity.defined();
    if (!has_own_precision(item.parameter)) state.master = item.weight;
    if (item.weight.is_cuda()) count_on_device(state, item.weight);
    make_slots(state, item.weight, settings);
    const bool rms = settings.normalization == Normalization::rms;
    if (rms && !state.rms) state.rms = rms_of(item.weight);
    if (settings.second_moment != 0.0) ++state.steps;
    state.stepped = true;
    const bool lazy = settings.form == Form::dual_averaging, pair = settings.form == Form::pair;
    return TensorStep<T>{
        .weight = item.weight.template mutable_data_ptr<T>(),
        .gradient = item.gradient.template const_data_ptr<T>(),
        .size = item.weight.numel(),
        .velocity = settings.momentum != 0.0 ? data_of<T>(state.velocity) : nullptr,
        .first_velocity = first_velocity,
        .second_moment = settings.second_moment != 0.0 ? data_of<T>(state.second_moment) : nullptr,
        .step_number = state.steps,
        .start = data_of<T>(state.start),
        .direction_sum = lazy ? data_of<T>(state.direction_sum) : nullptr,
        .plus = pair ? data_of<T>(state.plus) : nullptr,
        .minus = pair ? data_of<T>(state.minus) : nullptr,
        .device_steps = reinterpret_cast<DeviceStepNumbers*>(data_of<std::int64_t>(state.device_steps)),
        .scale = rms ? second_derivative(settings.potential, *state.rms) : 1.0,
        .gradient_scale = gradient_scale,
        .settings = &settings};
  });
}

void FusedStep::finish() {
  for (Item& item : items_) {
    if (!item.weight.is_alias_of(item.parameter)) item.parameter.detach().copy_(item.weight);
    // As an operation in place would do: autograd then sees that saved weights are not what they were.
    item.parameter.unsafeGetTensorImpl()->bump_version();
  }
}

StepCounts FusedStep::run(double gradient_scale) {
  StepCounts counts = step_on_cpu<float>(prepare<float>(gradient_scale));
  counts += step_on_cpu<double>(prepare<double>(gradient_scale));
  finish();
  return counts;
}

void FusedStep::run_on_cuda(CudaStepper& stepper, const CudaStepInputs& inputs) {
  stepper.step(prepare<float>(/*gradient_scale=*/1.0), prepare<double>(/*gradient_scale=*/1.0), inputs);
  finish();
}

}  // namespace mirrortune::detail
