#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/train/actions.h"
#include "models/layers.h"
#include "models/load.h"
#include "train/device.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {
namespace {

constexpr std::int64_t kImagesAtOnce = 64;  ///< of a forward pass, so that memory does not grow with N

/// Outputs of the head that the file has, else 1000.
std::int64_t classes_for(const ModelArguments& arguments, const WeightsFile* file) {
  if (arguments.classes > 0) return arguments.classes;
  const TensorInfo* head = file ? file->find(network_info(arguments.name).head + ".weight") : nullptr;
  return head && !head->shape.empty() && head->shape[0] > 0 ? head->shape[0] : 1000;
}

void prepare(const Globals& globals) { prepare_compute({.threads = globals.threads}); }

/// The network with the file's weights, in eval mode.
std::shared_ptr<Network> load(const ModelArguments& arguments, const WeightsFile& file) {
  auto network = make_network(arguments.name, classes_for(arguments, &file));
  load_weights(*network,
               {.name = arguments.name,
                .weights = arguments.weights.string(),
                .classes = classes_for(arguments, &file)},
               /*seed=*/0);
  network->eval();
  return network;
}

torch::Tensor read_input(const std::filesystem::path& path) {
  const auto file = WeightsFile::open(path);
  const TensorInfo* input = file->find("input");
  if (!input || input->dtype != DType::float32 || input->shape.size() != 4 || input->shape[1] != 3 ||
      input->elements() == 0) {
    throw WeightsError({.what = "cannot use the input",
                        .where = path.string(),
                        .why = input ? "the tensor 'input' is " + std::string(torch_name(input->dtype)) +
                                           " " + shape_text(input->shape) +
                                           ", it must be float32 [N,3,H,W] and not empty"
                                     : "it holds no tensor 'input'"});
  }
  return to_tensor(file->read(*input));
}

std::string list_text(const char* title, const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += std::string(title) + name + "\n";
  return text;
}

}  // namespace

void refuse_existing(const std::filesystem::path& output, bool force) {
  if (force || !std::filesystem::exists(std::filesystem::symlink_status(output))) return;
  throw ExistsError({.what = "cannot write",
                     .where = output.string(),
                     .why = "it is there already",
                     .safe = "It was left as it is",
                     .todo = "Choose another name, or add --force to replace it"});
}

ExitCode models_show(const Globals& globals, const ModelArguments& arguments) {
  const auto network = make_network(arguments.name, classes_for(arguments, nullptr));
  const std::int64_t d = num_conv_linear_weights(*network);
  Json document = new_document(globals);
  document["model"] = arguments.name;
  document["parameters"] = num_parameters(*network);
  document["weights_conv_linear"] = d;
  document["images_sqrt"] = images_sqrt(d);
  document["head"] = network->info().head;
  document["layers"] = Json::array();
  std::vector<std::vector<std::string>> rows = {{"layer", "kind", "shape"}};
  for (const LayerInfo& layer : describe_layers(*network)) {
    document["layers"].push_back({{"name", layer.name}, {"kind", layer.kind}, {"shape", layer.shape}});
    rows.push_back({layer.name, layer.kind, shape_text(layer.shape)});
  }
  print_result(globals, document,
               format_table(rows) + arguments.name + ": " + std::to_string(num_parameters(*network)) +
                   " parameters, D = " + std::to_string(d) + " weights of Conv2d and Linear, N = " +
                   std::to_string(images_sqrt(d)) + " images, head " + network->info().head + "\n");
  return ExitCode::ok;
}

ExitCode models_check(const Globals& globals, const ModelArguments& arguments) {
  prepare(globals);
  network_info(arguments.name);
  const auto file = WeightsFile::open(arguments.weights);
  const LoadReport report =
      compare_state(*make_network(arguments.name, classes_for(arguments, file.get())), *file);
  const bool fits = report.missing.empty() && report.unexpected.empty() && report.mismatched.empty();
  Json document = new_document(globals);
  document["loaded"] = report.loaded;
  document["missing"] = report.missing;
  document["unexpected"] = report.unexpected;
  document["mismatched"] = report.mismatched;
  document["fingerprint"] = nullptr;
  std::string text = std::to_string(report.loaded) + " tensors fit\n" +
                     list_text("missing: ", report.missing) + list_text("unexpected: ", report.unexpected) +
                     list_text("another shape or type: ", report.mismatched);
  if (fits) {
    const Fingerprint print_of = fingerprint(*load(arguments, *file));
    document["fingerprint"] = {{"norm", number_or_null(print_of.norm)}, {"first8", Json::array()}};
    text += fmt::format("logits of a fixed image: norm {}, first", format_number(print_of.norm));
    for (const double logit : print_of.first8) {
      document["fingerprint"]["first8"].push_back(number_or_null(logit));
      text += fmt::format(" {}", short_number(logit));
    }
    text += "\n";
  }
  print_result(globals, document, text);
  return fits ? ExitCode::ok : ExitCode::data;
}

ExitCode models_forward(const Globals& globals, const ModelArguments& arguments) {
  prepare(globals);
  network_info(arguments.name);
  refuse_existing(arguments.output, arguments.force);
  const auto device = choose_device(globals.device);
  const torch::Tensor input = read_input(arguments.input);
  const auto network = load(arguments, *WeightsFile::open(arguments.weights));
  network->to(device);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> logits;
  for (std::int64_t first = 0; first < input.size(0); first += kImagesAtOnce) {
    const std::int64_t count = std::min(kImagesAtOnce, input.size(0) - first);
    logits.push_back(network->forward(input.narrow(0, first, count).to(device)).cpu());
  }
  const NamedArray result = to_array("logits", torch::cat(logits));
  const ArrayView view = view_of(result);
  write_safetensors(arguments.output, {&view, 1}, {{"model", arguments.name}});
  Json document = new_document(globals);
  document["output"] = arguments.output.string();
  document["shape"] = result.info.shape;
  print_result(globals, document,
               arguments.output.string() + ": logits " + shape_text(result.info.shape) + "\n");
  return ExitCode::ok;
}

}  // namespace mirrortune::cli
