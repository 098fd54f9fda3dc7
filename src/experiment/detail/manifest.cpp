#include "experiment/detail/manifest.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "train/device.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (line.starts_with("model name") && colon != std::string::npos) {
      return std::string(trim(std::string_view(line).substr(colon + 1)));
    }
  }
  return "unknown";
}

/// The machine that manifest.json names; none without one.
std::optional<Machine> earlier_machine(const fs::path& folder) {
  const auto path = folder / "manifest.json";
  if (!fs::exists(path)) return std::nullopt;
  const auto document = read_json(path);
  return Machine{document.value("threads", 0), document.value("device", std::string("cpu"))};
}

/// The cores, shared among the trainings that run side by side; with `auto` as if as many did as there are
/// cores or trials. 0: all.
int threads_of_one_training(const ExperimentOptions& options) {
  const auto trials =
      static_cast<int>(std::min<std::size_t>(options.cells.size() * options.seeds.size(), 256));
  const int parallel = options.schedule.parallel > 0 ? std::min(options.schedule.parallel, trials) : trials;
  return parallel < 2 ? 0 : std::max(1, available_threads() / parallel);
}

bool is_deterministic(const ExperimentOptions& options) {
  return std::all_of(options.cells.begin(), options.cells.end(),
                     [](const CellOptions& cell) { return cell.runtime.deterministic; });
}

void require_same_machine(const std::string& folder, const Machine& earlier, const Machine& now) {
  std::vector<std::string> differing;
  if (earlier.threads != now.threads) {
    differing.push_back("threads (" + std::to_string(earlier.threads) + " there, " +
                        std::to_string(now.threads) + " now)");
  }
  if (earlier.device != now.device) {
    differing.push_back("device (" + earlier.device + " there, " + now.device + " now)");
  }
  if (differing.empty()) return;
  throw ResumeError(
      {.what = "cannot resume",
       .where = folder,
       .why = "results depend on the machine, and the run was started with other " + join(differing, " and "),
       .safe = "Nothing was changed",
       .todo = "Give --threads " + std::to_string(earlier.threads) + " --device " + earlier.device +
               ", accept other bits with --allow-inexact, or start anew with --fresh"});
}

}  // namespace

Machine choose_machine(const ExperimentOptions& options, const RunRequest& request) {
  const auto folder = options.output_root / options.name;
  const bool deterministic = is_deterministic(options);
  const auto earlier = request.fresh ? std::nullopt : earlier_machine(folder);
  const bool keep_device = earlier && request.device == "auto";
  const auto device = choose_device(keep_device ? earlier->device : request.device);
  const int wanted = request.threads > 0 ? request.threads
                     : earlier           ? earlier->threads
                     : device.is_cpu()   ? threads_of_one_training(options)
                                         : 0;
  const Machine machine{.threads = prepare_compute({.threads = wanted, .deterministic = deterministic}),
                        .device = to_text(device)};
  if (earlier && deterministic && !request.allow_inexact)
    require_same_machine(folder.string(), *earlier, machine);
  return machine;
}

Json manifest(const std::string& run_name, const Machine& machine, const Provenance& weights,
              const Provenance& data, const ComputeRecords& compute) {
  Json document;
  document["schema"] = 1;
  document["name"] = run_name;
  document["versions"] = versions();
  document["versions"]["compiler"] = __VERSION__;
  document["host"] = {
      {"name", host_name()}, {"processor", processor_name()}, {"cores", std::thread::hardware_concurrency()}};
  document["device"] = machine.device;
  document["threads"] = machine.threads;
  document["weights"] = weights;
  document["data"] = data;
  document["compute"] = to_json(compute);
  return document;
}

}  // namespace mirrortune
