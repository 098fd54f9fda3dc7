// What MirrorDescent keeps between steps: tensors and numbers, and how they are named and stored.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "base/text.h"
#include "optim/mirror_descent.h"

namespace mirrortune {
namespace {

[[noreturn]] void throw_state_error(const std::string& where, std::string why) {
  throw DataError({.what = "cannot load the optimiser's state",
                   .where = where,
                   .why = std::move(why),
                   .safe = "The state is as it was"});
}

struct Slot {
  std::string_view name;
  torch::Tensor MirrorDescentState::*tensor;
};
/// The tensors of a state. Besides them there are the numbers `rms` and `steps`.
constexpr std::array<Slot, 7> kSlots = {{{"velocity", &MirrorDescentState::velocity},
                                         {"second_moment", &MirrorDescentState::second_moment},
                                         {"start", &MirrorDescentState::start},
                                         {"direction_sum", &MirrorDescentState::direction_sum},
                                         {"plus", &MirrorDescentState::plus},
                                         {"minus", &MirrorDescentState::minus},
                                         {"master", &MirrorDescentState::master}}};

std::vector<std::string> slot_names() {
  std::vector<std::string> names = {"rms", "steps"};
  for (const Slot& slot : kSlots) names.emplace_back(slot.name);
  return names;
}

/// The dtype that a parameter is stepped in.
torch::Dtype dtype_of_state(const torch::Tensor& parameter) {
  return parameter.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
}

double stored_number(const std::string& key, const torch::Tensor& stored) {
  const double number = stored.numel() == 1 ? stored.item<double>() : 0.0;
  if (!(number > 0.0 && std::isfinite(number)))
    throw_state_error(key, "it must be one finite number above 0");
  return number;
}

/// Sets one slot of `state` from a stored tensor.
void set_slot(MirrorDescentState& state, const torch::Tensor& parameter, const std::string& key,
              const torch::Tensor& stored) {
  const std::string name = key.substr(key.rfind('.') + 1);
  state.stepped = true;
  if (name == "rms") {
    state.rms = stored_number(key, stored);
    return;
  }
  if (name == "steps") {
    state.steps = static_cast<std::int64_t>(stored_number(key, stored));
    return;
  }
  const auto slot =
      std::find_if(kSlots.begin(), kSlots.end(), [&](const Slot& one) { return one.name == name; });
  if (slot == kSlots.end()) {
    throw_state_error(key, "no such slot exists; the slots are " + join(slot_names(), ", "));
  }
  if (stored.sizes() != parameter.sizes()) throw_state_error(key, "its shape is not the parameter's");
  const auto dtype = dtype_of_state(parameter);
  if (stored.scalar_type() != dtype) throw_state_error(key, "its dtype is not the parameter's");
  state.*(slot->tensor) =
      torch::empty_like(parameter, parameter.options().dtype(dtype).requires_grad(false)).copy_(stored);
}

/// What was done to one parameter, wherever it is counted.
struct StepNumbersTaken {
  bool velocity_begun;
  std::int64_t with_second_moment;
};
StepNumbersTaken steps_taken(const MirrorDescentState& state) {
  if (!state.device_steps.defined()) return {state.velocity.defined(), state.steps};
  const torch::Tensor counted = state.device_steps.cpu();
  return {counted[0].item<std::int64_t>() > 0, counted[1].item<std::int64_t>()};
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
  visit(prefix + "decay", options.decay());
  visit(prefix + "potential", options.potential());
  visit(prefix + "normalization", options.normalization());
  visit(prefix + "second_moment", options.second_moment());
  visit(prefix + "epsilon", options.epsilon());
  visit(prefix + "clip_norm", options.clip_norm());
  visit(prefix + "form", options.form());
  visit(prefix + "pair_beta", options.pair_beta());
  visit(prefix + "zeros", options.zeros());
  visit(prefix + "zero_eps", options.zero_eps());
  visit(prefix + "nonfinite_gradients", options.nonfinite_gradients());
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
    const auto key = [&](std::string_view slot) { return names[i] + '.' + std::string(slot); };
    const StepNumbersTaken taken = steps_taken(state);
    for (const Slot& slot : kSlots) {
      if (slot.tensor == &MirrorDescentState::velocity && !taken.velocity_begun) continue;
      if ((state.*(slot.tensor)).defined()) named[key(slot.name)] = state.*(slot.tensor);
    }
    if (state.rms) named[key("rms")] = torch::tensor(*state.rms, torch::kFloat64);
    if (taken.with_second_moment > 0) {
      named[key("steps")] = torch::tensor(taken.with_second_moment, torch::kInt64);
    }
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
    for (const std::string& slot : slot_names()) {
      torch::Tensor stored;
      const std::string key = name + '.' + slot;
      if (archive.try_read(archive_key(key), stored)) state[key] = stored;
    }
  }
  load_named_state(names, state);
}

}  // namespace mirrortune
