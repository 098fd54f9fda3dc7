#include <thread>

#include <torch/torch.h>

#include "cli/output.h"
#include "cli/train/actions.h"
#include "train/device.h"

namespace mirrortune::cli {

ExitCode env(const Globals& globals) {
  Json document = new_document(globals);
  document["versions"] = {
      {"mirrortune", MIRRORTUNE_VERSION}, {"libtorch", TORCH_VERSION}, {"compiler", __VERSION__}};
  document["processors"] = std::thread::hardware_concurrency();
  document["threads"] = prepare_compute({.threads = globals.threads});
  document["instructions"] = at::get_cpu_capability();
  document["cuda_devices"] = torch::cuda::device_count();
  document["device"] = to_text(choose_device(globals.device));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, version] : document["versions"].items()) rows.push_back({name, version});
  for (const char* key : {"processors", "threads", "instructions", "cuda_devices", "device"}) {
    const Json& value = document[key];
    rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
  }
  print_result(globals, document, format_table(rows));
  return ExitCode::ok;
}

}  // namespace mirrortune::cli
