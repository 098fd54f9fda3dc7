#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/output.h"
#include "weights/inspect.h"

namespace mirrortune::cli {
namespace {

struct InspectArguments {
  std::filesystem::path file;
  bool values = false;
};

struct ConvertArguments {
  std::filesystem::path input;
  std::filesystem::path output;
  bool force = false;
};

Json tensor_json(const TensorInfo& tensor, const std::optional<ValueSummary>& values) {
  Json entry = {
      {"name", tensor.name}, {"dtype", std::string(torch_name(tensor.dtype))}, {"shape", tensor.shape}};
  if (!values) return entry;
  entry["sha256"] = values->sha256;
  entry["min"] = values->minimum ? Json(*values->minimum) : Json(nullptr);
  entry["max"] = values->maximum ? Json(*values->maximum) : Json(nullptr);
  entry["nonfinite"] = values->nonfinite;
  return entry;
}

std::vector<std::string> tensor_row(const TensorInfo& tensor, const std::optional<ValueSummary>& values) {
  std::vector<std::string> row = {tensor.name, std::string(torch_name(tensor.dtype)),
                                  shape_text(tensor.shape)};
  if (!values) return row;
  const auto number = [](const std::optional<double>& value) { return value ? short_number(*value) : "–"; };
  row.insert(row.end(), {number(values->minimum), number(values->maximum), std::to_string(values->nonfinite),
                         values->sha256.substr(0, 16)});
  return row;
}

/// Where in the file the tensors stand, if they are not the whole of it.
std::string origin_text(const WeightsFile& file) {
  std::string text;
  if (!file.section().empty()) text += ", under '" + file.section() + "' of a checkpoint";
  if (!file.dropped_prefix().empty()) text += ", without the names' prefix '" + file.dropped_prefix() + "'";
  return text;
}

ExitCode inspect(const Globals& globals, const InspectArguments& arguments) {
  const auto file = WeightsFile::open(arguments.file);
  Json tensors = Json::array();
  std::vector<std::vector<std::string>> rows = {{"tensor", "dtype", "shape"}};
  if (arguments.values) rows[0].insert(rows[0].end(), {"min", "max", "nonfinite", "sha256"});
  std::int64_t elements = 0;
  for (const TensorInfo& tensor : file->tensors()) {
    std::optional<ValueSummary> values;
    if (arguments.values) values = summarize_values(*file, tensor);
    tensors.push_back(tensor_json(tensor, values));
    rows.push_back(tensor_row(tensor, values));
    elements += tensor.elements();
  }
  Json document = new_document(globals);
  document["format"] = file->format();
  document["section"] = file->section();
  document["prefix"] = file->dropped_prefix();
  document["metadata"] = file->metadata();
  document["tensors"] = std::move(tensors);
  print_result(globals, document,
               format_table(rows) + std::to_string(file->tensors().size()) + " tensors, " +
                   std::to_string(elements) + " elements, " + file->format() + origin_text(*file) + "\n");
  return ExitCode::ok;
}

ExitCode convert(const Globals& globals, const ConvertArguments& arguments) {
  convert_weights(arguments.input, arguments.output,
                  arguments.force ? Overwrite::replace : Overwrite::refuse);
  Json document = new_document(globals);
  document["output"] = arguments.output.string();
  print_result(globals, document, arguments.output.string() + "\n");
  return ExitCode::ok;
}

}  // namespace

void declare_weights(CLI::App& app, Session& session) {
  CLI::App* group =
      add_command(app, "weights", "Get published weights, look into weights files, convert them",
                  "mirrortune weights pull resnet18\n"
                  "mirrortune weights inspect resnet18.pth --values\n"
                  "mirrortune weights convert resnet18.pth resnet18.safetensors");
  group->require_subcommand(1);

  CLI::App* command =
      add_command(*group, "inspect", "Names, types and shapes of the tensors of a .pth or .safetensors",
                  "mirrortune weights inspect resnet18.pth\n"
                  "mirrortune weights inspect resnet18.pth --values --json");
  auto inspected = std::make_shared<InspectArguments>();
  command->add_option("file", inspected->file, "Weights file, or sharded folder")->required();
  command->add_flag("--values", inspected->values,
                    "Also sha256, smallest and largest value, NaN and infinities");
  on_parsed(*command, session, [=](const Globals& globals) { return inspect(globals, *inspected); });

  command = add_command(*group, "convert", "Any readable weights file to .safetensors",
                        "mirrortune weights convert resnet18.pth resnet18.safetensors");
  auto converted = std::make_shared<ConvertArguments>();
  command->add_option("input", converted->input, "Weights file")->required();
  command->add_option("output", converted->output, "The .safetensors file to write")->required();
  command->add_flag("--force", converted->force, "Replace the output if it is there");
  on_parsed(*command, session, [=](const Globals& globals) { return convert(globals, *converted); });

  declare_weights_pull(*group, session);
  declare_weights_verify(*group, session);
}

}  // namespace mirrortune::cli
