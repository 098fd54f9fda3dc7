#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/train/actions.h"
#include "cli/train/network_argument.h"
#include "models/elman_rnn.h"
#include "models/layers.h"
#include "models/load.h"
#include "models/multiply_adds.h"
#include "train/device.h"
#include "weights/safetensors_writer.h"
#include "weights/tensor.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {
namespace {

constexpr std::int64_t kImagesAtOnce = 64;  ///< of a forward pass, so that memory does not grow with N

void prepare(const Globals& globals) { prepare_compute({.threads = globals.threads}); }

/// Is this what the network takes: [N,3,H,W], or [N,T,28]?
bool fits(const std::vector<std::int64_t>& shape, NetworkKind kind) {
  if (kind == NetworkKind::row_classifier) return shape.size() == 3 && shape[2] == kElmanInput;
  return shape.size() == 4 && shape[1] == 3;
}

torch::Tensor read_input(const std::filesystem::path& path, NetworkKind kind) {
  const auto file = WeightsFile::open(path);
  const TensorInfo* input = file->find("input");
  if (!input || input->dtype != DType::float32 || !fits(input->shape, kind) || input->elements() == 0) {
    const char* wanted = kind == NetworkKind::row_classifier ? "[N,T,28]" : "[N,3,H,W]";
    throw WeightsError(
        {.what = "cannot use the input",
         .where = path.string(),
         .why = input ? fmt::format("the tensor 'input' is {} {}, it must be float32 {} and not empty",
                                    torch_name(input->dtype), shape_text(input->shape), wanted)
                      : "it holds no tensor 'input'"});
  }
  return to_tensor(file->read(*input));
}

/// "262 of 338 tensors loaded", how many did not, and which.
std::string report_text(const LoadReport& report, const WeightsFile& file) {
  const auto count = [](const auto& list) { return std::to_string(list.size()); };
  std::vector<std::vector<std::string>> rows = {
      {"loaded", fmt::format("{} of {}", report.loaded, report.entries)},
      {"missing", count(report.missing)},
      {"unexpected", count(report.unexpected)},
      {"another shape or type", count(report.mismatched)},
      {"batch counters that start at 0", std::to_string(report.counters_left_out)}};
  if (!file.section().empty()) rows.push_back({"taken from the checkpoint's", file.section()});
  if (!file.dropped_prefix().empty()) rows.push_back({"prefix dropped", file.dropped_prefix()});
  std::string text = format_table(rows);
  const auto list = [&](const char* title, const std::vector<std::string>& names) {
    for (const auto& name : names) text += title + printable(name) + "\n";
  };
  list("missing: ", report.missing);
  list("unexpected: ", report.unexpected);
  list("another shape or type: ", report.mismatched);
  return text;
}

}  // namespace

ExitCode models_show(const Globals& globals, const ModelArguments& arguments) {
  const std::int64_t classes = classes_for(arguments, nullptr);
  const auto network = make_network(arguments.name, classes);
  const std::int64_t d = num_plastic_weights(*network);
  std::map<std::string, std::int64_t> costs;
  std::int64_t total = 0;
  for (const LayerCost& layer : multiply_adds(arguments.name, classes, arguments.resolution)) {
    costs[layer.name] = layer.multiply_adds;
    total += layer.multiply_adds;
  }
  Json document = new_document(globals);
  document["model"] = arguments.name;
  document["parameters"] = num_parameters(*network);
  document["weights_conv_linear"] = d;
  document["images_sqrt"] = images_sqrt(d);
  document["head"] = network->info().head;
  document["resolution"] = arguments.resolution;
  document["multiply_adds"] = total;
  document["layers"] = Json::array();
  std::vector<std::vector<std::string>> rows = {{"layer", "kind", "shape", "multiply-adds"}};
  for (const LayerInfo& layer : describe_layers(*network)) {
    const std::int64_t cost = costs[layer.name];
    document["layers"].push_back(
        {{"name", layer.name}, {"kind", layer.kind}, {"shape", layer.shape}, {"multiply_adds", cost}});
    rows.push_back({layer.name, layer.kind, shape_text(layer.shape), cost > 0 ? std::to_string(cost) : ""});
  }
  const std::string head = network->info().head.empty() ? "no head" : "head " + network->info().head;
  print_result(
      globals, document,
      format_table(rows) + fmt::format("{}: {} parameters, D = {} plastic weights, N = {} images, {}, {} "
                                       "multiply-adds at {}\n",
                                       arguments.name, num_parameters(*network), d, images_sqrt(d), head,
                                       total, arguments.resolution));
  return ExitCode::ok;
}

ExitCode models_check(const Globals& globals, const ModelArguments& given) {
  prepare(globals);
  network_info(given.name);
  const ModelArguments arguments = with_weights_file(given);
  const auto file = WeightsFile::open(arguments.weights);
  const std::int64_t classes = classes_for(arguments, file.get());
  const LoadReport report = compare_state(*make_network(arguments.name, classes), *file);
  Json document = new_document(globals);
  document["loaded"] = report.loaded;
  document["entries"] = report.entries;
  document["missing"] = report.missing;
  document["unexpected"] = report.unexpected;
  document["mismatched"] = report.mismatched;
  document["section"] = file->section();
  document["prefix"] = file->dropped_prefix();
  document["fingerprint"] = nullptr;
  std::string text = report_text(report, *file);
  if (report.matches()) {
    const Fingerprint print_of = fingerprint(*load_network(arguments, classes));
    document["fingerprint"] = {{"norm", number_or_null(print_of.norm)}, {"first8", Json::array()}};
    text += fmt::format("outputs for a fixed input: norm {}, first", format_number(print_of.norm));
    for (const double output : print_of.first8) {
      document["fingerprint"]["first8"].push_back(number_or_null(output));
      text += fmt::format(" {}", short_number(output));
    }
    text += "\n";
  }
  print_result(globals, document, text);
  return report.matches() ? ExitCode::ok : ExitCode::data;
}

ExitCode models_forward(const Globals& globals, const ModelArguments& given) {
  prepare(globals);
  const NetworkInfo& info = network_info(given.name);
  const ModelArguments arguments = with_weights_file(given);
  refuse_existing(arguments.output, arguments.force);
  const auto device = choose_device(globals.device);
  const torch::Tensor input = read_input(arguments.input, info.kind);
  const auto file = WeightsFile::open(arguments.weights);
  const auto network = load_network(arguments, classes_for(arguments, file.get()));
  network->to(device);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> logits;
  for (std::int64_t first = 0; first < input.size(0); first += kImagesAtOnce) {
    const std::int64_t count = std::min(kImagesAtOnce, input.size(0) - first);
    logits.push_back(network->forward(input.narrow(0, first, count).to(device)).cpu());
  }
  HostArrays result;
  result.add("logits", torch::cat(logits));
  write_safetensors(arguments.output, result.views(), {{"model", arguments.name}});
  const auto& shape = result.views().front().info.shape;
  Json document = new_document(globals);
  document["output"] = arguments.output.string();
  document["shape"] = shape;
  print_result(globals, document, arguments.output.string() + ": logits " + shape_text(shape) + "\n");
  return ExitCode::ok;
}

}  // namespace mirrortune::cli
