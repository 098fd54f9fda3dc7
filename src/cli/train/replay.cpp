#include <map>
#include <set>
#include <stdexcept>

#include <torch/torch.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/train/actions.h"
#include "optim/mirror_descent.h"
#include "train/device.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {
namespace {

std::string checked_potential(const std::string& text) {
  try {
    return to_text(parse_potential(text));
  } catch (const std::invalid_argument& error) {
    throw UsageError({.what = "wrong command line", .where = "--potential", .why = error.what()});
  }
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw WeightsError({.what = "cannot replay", .where = path.string(), .why = why});
}

std::string describe(const TensorInfo& tensor) {
  return "'" + tensor.name + "' is " + std::string(torch_name(tensor.dtype)) + " " + shape_text(tensor.shape);
}

void check_weights(const WeightsFile& weights) {
  if (weights.tensors().empty()) refuse(weights.path(), "it holds no tensor");
  for (const TensorInfo& tensor : weights.tensors()) {
    if (tensor.dtype != DType::float32 && tensor.dtype != DType::float64) {
      refuse(weights.path(), describe(tensor) + ", weights must be float32 or float64");
    }
  }
}

/// Number of steps K such that every weight has exactly the gradients 0 … K−1, all of its own shape and type.
std::int64_t count_steps(const WeightsFile& weights, const WeightsFile& grads) {
  std::set<std::string> expected;
  std::int64_t steps = -1;
  for (const TensorInfo& tensor : weights.tensors()) {
    std::int64_t count = 0;
    for (; const TensorInfo* grad = grads.find(tensor.name + "." + std::to_string(count)); ++count) {
      if (grad->shape != tensor.shape || grad->dtype != tensor.dtype) {
        refuse(grads.path(), describe(*grad) + ", its weight " + describe(tensor));
      }
      expected.insert(grad->name);
    }
    if (count == 0)
      refuse(grads.path(),
             "there is no '" + tensor.name + ".0', the first gradient of '" + tensor.name + "'");
    if (steps >= 0 && count != steps) {
      refuse(grads.path(), "'" + tensor.name + "' has " + std::to_string(count) +
                               " gradients, other weights have " + std::to_string(steps));
    }
    steps = count;
  }
  for (const TensorInfo& grad : grads.tensors()) {
    if (!expected.contains(grad.name))
      refuse(grads.path(), "'" + grad.name + "' is the gradient of no weight");
  }
  return steps;
}

MirrorDescentOptions options_of(const ReplayArguments& arguments) {
  OptimizerOptions options;
  options.momentum = arguments.momentum;
  options.dampening = arguments.dampening;
  options.nesterov = arguments.nesterov;
  options.weight_decay = arguments.weight_decay;
  options.normalization = arguments.normalization == "rms" ? Normalization::rms : Normalization::none;
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
    throw UsageError(
        {.what = "wrong command line", .why = "--nesterov needs --momentum above 0 and no --dampening"});
  }
  return make_options(arguments.lr, checked_potential(arguments.potential), options);
}

/// Weights that are 0 before or after, and weights whose sign is the opposite after.
struct Comparison {
  std::int64_t zeros = 0;
  std::int64_t sign_flips = 0;
};

Comparison compare(const std::vector<torch::Tensor>& before, const std::vector<torch::Tensor>& after) {
  Comparison total;
  for (std::size_t i = 0; i < before.size(); ++i) {
    total.zeros += (before[i] == 0).logical_or(after[i] == 0).sum().item<std::int64_t>();
    total.sign_flips += (before[i].sign() * after[i].sign() < 0).sum().item<std::int64_t>();
  }
  return total;
}

void write_result(const ReplayArguments& arguments, const WeightsFile& weights,
                  const std::vector<torch::Tensor>& tensors) {
  HostArrays arrays;
  for (std::size_t i = 0; i < tensors.size(); ++i) arrays.add(weights.tensors()[i].name, tensors[i]);
  write_safetensors(
      arguments.output, arrays.views(),
      {{"potential", checked_potential(arguments.potential)}, {"lr", format_number(arguments.lr)}});
}

}  // namespace

ExitCode replay(const Globals& globals, const ReplayArguments& arguments) {
  prepare_compute({.threads = globals.threads});
  const auto device = choose_device(globals.device);
  const MirrorDescentOptions options = options_of(arguments);
  refuse_existing(arguments.output, arguments.force);
  const auto weights = WeightsFile::open(arguments.weights);
  const auto grads = WeightsFile::open(arguments.grads);
  check_weights(*weights);
  const std::int64_t available = count_steps(*weights, *grads);
  const std::int64_t steps = arguments.steps > 0 ? arguments.steps : available;
  if (steps > available) {
    refuse(arguments.grads, "it has gradients of " + std::to_string(available) + " steps, --steps asks for " +
                                std::to_string(steps));
  }
  std::vector<torch::Tensor> first;
  std::vector<torch::Tensor> parameters;
  for (const TensorInfo& tensor : weights->tensors()) {
    first.push_back(to_tensor(weights->read(tensor)));
    parameters.push_back(first.back().to(device, /*non_blocking=*/false, /*copy=*/true).requires_grad_());
  }
  MirrorDescent optimizer(parameters, options);
  for (std::int64_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const TensorInfo* grad = grads->find(weights->tensors()[i].name + "." + std::to_string(step));
      parameters[i].mutable_grad() = to_tensor(grads->read(*grad)).to(device);
    }
    optimizer.step();
  }
  for (auto& parameter : parameters) parameter = parameter.detach().cpu();
  const Comparison comparison = compare(first, parameters);
  const std::int64_t clamped = optimizer.take_counts().clamped;
  write_result(arguments, *weights, parameters);
  Json document = new_document(globals);
  document["steps"] = steps;
  document["tensors"] = parameters.size();
  document["zeros"] = comparison.zeros;
  document["sign_flips"] = comparison.sign_flips;
  document["clamped"] = clamped;
  print_result(globals, document,
               arguments.output.string() + ": " + std::to_string(parameters.size()) + " tensors after " +
                   std::to_string(steps) + " steps; " + std::to_string(comparison.zeros) + " zeros, " +
                   std::to_string(comparison.sign_flips) + " sign flips, " + std::to_string(clamped) +
                   " clamped\n");
  return ExitCode::ok;
}

}  // namespace mirrortune::cli
