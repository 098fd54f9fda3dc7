// What MirrorDescent keeps between steps: velocities, scales and counts, and how they are named and stored.
#include <cmath>
#include <string_view>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "optim/mirror_descent.h"

namespace mirrortune {
namespace {

[[noreturn]] void throw_state_error(const std::string& where, std::string why) {
  throw DataError({.what = "cannot load the optimiser's state",
                   .where = where,
                   .why = std::move(why),
                   .safe = "The state is as it was"});
}

/// Sets one slot of `state` from a stored tensor.
void set_slot(MirrorDescentState& state, const torch::Tensor& parameter, const std::string& key,
              const torch::Tensor& stored) {
  if (key.ends_with(".velocity")) {
    if (stored.sizes() != parameter.sizes()) throw_state_error(key, "its shape is not the parameter's");
    if (stored.scalar_type() != parameter.scalar_type())
      throw_state_error(key, "its dtype is not the parameter's");
    state.velocity = torch::empty_like(parameter, parameter.options().requires_grad(false)).copy_(stored);
  } else if (key.ends_with(".rms")) {
    const double rms = stored.numel() == 1 ? stored.item<double>() : 0.0;
    if (!(rms > 0.0 && std::isfinite(rms))) throw_state_error(key, "it must be one finite number above 0");
    state.rms = rms;
  } else {
    throw_state_error(key, "no such slot exists; the slots are velocity and rms");
  }
}

/// Names for torch::save, whose keys may hold no dots: "parameter_0", "parameter_1", ….
std::vector<std::string> numbered_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("parameter_" + std::to_string(i));
  return names;
}

std::string archive_key(std::string key) {
  for (char& c : key) c = c == '.' ? '_' : c;
  return key;
}

/// Calls `visit(key, value)` for every option of a group.
template <class Options, class Visit>
void visit_options(Options& options, std::size_t group, const Visit& visit) {
  const std::string prefix = "group_" + std::to_string(group) + "_";
  visit(prefix + "lr", options.lr());
  visit(prefix + "momentum", options.momentum());
  visit(prefix + "dampening", options.dampening());
  visit(prefix + "nesterov", options.nesterov());
  visit(prefix + "weight_decay", options.weight_decay());
  visit(prefix + "potential", options.potential());
  visit(prefix + "normalization", options.normalization());
}

}  // namespace

std::vector<torch::Tensor> MirrorDescent::all_parameters() const {
  std::vector<torch::Tensor> parameters;
  for (const auto& group : param_groups()) {
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  }
  return parameters;
}

MirrorDescentState& MirrorDescent::state_of(const torch::Tensor& parameter) {
  auto& slot = state_[parameter.unsafeGetTensorImpl()];
  if (!slot) slot = std::make_unique<MirrorDescentState>();
  return static_cast<MirrorDescentState&>(*slot);
}

std::map<std::string, torch::Tensor> MirrorDescent::named_state(const std::vector<std::string>& names) const {
  const std::vector<torch::Tensor> parameters = all_parameters();
  MIRRORTUNE_CHECK(names.size() == parameters.size());
  std::map<std::string, torch::Tensor> named;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = state_.find(parameters[i].unsafeGetTensorImpl());
    if (found == state_.end()) continue;
    const auto& state = static_cast<const MirrorDescentState&>(*found->second);
    if (state.velocity.defined()) named[names[i] + ".velocity"] = state.velocity;
    if (state.rms) named[names[i] + ".rms"] = torch::tensor(*state.rms, torch::kFloat64);
  }
  return named;
}

void MirrorDescent::load_named_state(const std::vector<std::string>& names,
                                     const std::map<std::string, torch::Tensor>& state) {
  const torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> parameters = all_parameters();
  MIRRORTUNE_CHECK(names.size() == parameters.size());
  std::map<std::string, torch::Tensor> by_name;
  for (std::size_t i = 0; i < names.size(); ++i) by_name[names[i]] = parameters[i];
  decltype(state_) loaded;
  for (const auto& [key, stored] : state) {
    const auto parameter = by_name.find(key.substr(0, key.rfind('.')));
    if (parameter == by_name.end()) throw_state_error(key, "no parameter has this name");
    auto& slot = loaded[parameter->second.unsafeGetTensorImpl()];
    if (!slot) slot = std::make_unique<MirrorDescentState>();
    set_slot(static_cast<MirrorDescentState&>(*slot), parameter->second, key, stored);
  }
  state_ = std::move(loaded);
}

void MirrorDescent::save(torch::serialize::OutputArchive& archive) const {
  for (std::size_t g = 0; g < param_groups().size(); ++g) {
    const auto& options = dynamic_cast<const MirrorDescentOptions&>(param_groups()[g].options());
    visit_options(options, g,
                  [&](const std::string& key, const auto& value) { archive.write(key, c10::IValue(value)); });
  }
  for (const auto& [key, tensor] : named_state(numbered_names(all_parameters().size()))) {
    archive.write(archive_key(key), tensor);
  }
}

void MirrorDescent::load(torch::serialize::InputArchive& archive) {
  const auto read_option = [&archive]<class T>(const std::string& key, T& value) {
    c10::IValue stored;
    if (!archive.try_read(key, stored))
      throw_state_error(key, "it is missing: the file has another number of groups");
    value = stored.to<T>();
  };
  for (std::size_t g = 0; g < param_groups().size(); ++g) {
    visit_options(dynamic_cast<MirrorDescentOptions&>(param_groups()[g].options()), g, read_option);
  }
  const std::vector<std::string> names = numbered_names(all_parameters().size());
  std::map<std::string, torch::Tensor> state;
  for (const std::string& name : names) {
    for (const char* slot : {".velocity", ".rms"}) {
      torch::Tensor stored;
      if (archive.try_read(archive_key(name + slot), stored)) state[name + slot] = stored;
    }
  }
  load_named_state(names, state);
}

void MirrorDescent::count(const StepCounts& step) {
  counts_.zeros += step.zeros;
  counts_.sign_flips += step.sign_flips;
  counts_.clamped += step.clamped;
}

void MirrorDescent::count_on_device(const torch::Tensor& step) {
  for (torch::Tensor& sum : device_counts_) {
    if (sum.device() == step.device()) {
      sum += step;
      return;
    }
  }
  device_counts_.push_back(step);
}

void MirrorDescent::forget_zeros() {
  counts_.zeros = 0;
  for (torch::Tensor& sum : device_counts_) sum[0].zero_();
}

StepCounts MirrorDescent::take_counts() {
  for (const torch::Tensor& sum : device_counts_) {
    const torch::Tensor here = sum.cpu();
    const std::int64_t* values = here.const_data_ptr<std::int64_t>();
    count({.zeros = values[0], .sign_flips = values[1], .clamped = values[2]});
  }
  device_counts_.clear();
  return std::exchange(counts_, {});
}

}  // namespace mirrortune
