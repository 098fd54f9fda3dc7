#include "models/load.h"

#include <set>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "models/detail/start.h"
#include "models/elman_rnn.h"
#include "models/layers.h"
#include "models/made_input.h"
#include "weights/weights_file.h"

namespace mirrortune {
namespace {

constexpr std::size_t kNamesInMessage = 20;  ///< of each kind; `models check` shows all

bool is_counter(std::string_view name) { return name.ends_with("num_batches_tracked"); }

/// Floats may be read as floats of another width, and integers as integers; a boolean is neither.
bool convertible(DType stored, const torch::Tensor& wanted) {
  return stored != DType::boolean && is_floating(stored) == wanted.is_floating_point();
}

std::string network_type(const torch::Tensor& wanted) {
  return wanted.is_floating_point() ? "float32" : "int64";
}

/// Why a file's tensor does not fit, or nothing if it does.
std::string mismatch(const TensorInfo& stored, const StateEntry& wanted) {
  const std::string stored_shape = shape_text(stored.shape);
  const std::string wanted_shape = shape_text(wanted.value.sizes());
  if (!convertible(stored.dtype, wanted.value)) {
    return fmt::format("{}: {} {} in the file, {} {} in the network", wanted.name, torch_name(stored.dtype),
                       stored_shape, network_type(wanted.value), wanted_shape);
  }
  if (stored_shape == wanted_shape) return "";
  return fmt::format("{}: {} in the file, {} in the network", wanted.name, stored_shape, wanted_shape);
}

/// compare_state of all entries but those in `left_out`.
LoadReport compare(const Network& network, const WeightsFile& file, const std::set<std::string>& left_out) {
  LoadReport report;
  std::set<std::string> known = left_out;
  for (const StateEntry& entry : state_entries(network)) {
    if (left_out.contains(entry.name)) continue;
    ++report.entries;
    known.insert(entry.name);
    const TensorInfo* stored = file.find(entry.name);
    if (!stored && is_counter(entry.name)) {
      ++report.counters_left_out;
    } else if (!stored) {
      report.missing.push_back(entry.name);
    } else if (const std::string why = mismatch(*stored, entry); !why.empty()) {
      report.mismatched.push_back(why);
    } else {
      ++report.loaded;
    }
  }
  for (const TensorInfo& tensor : file.tensors()) {
    if (!known.contains(tensor.name)) report.unexpected.push_back(tensor.name);
  }
  return report;
}

/// The parts of the head, and how many classes the file has for it.
struct FileHead {
  std::set<std::string> entries;  ///< names of its weight and bias
  std::int64_t classes = 0;       ///< of the file
  std::int64_t wanted_classes = 0;
  bool other_size = false;  ///< the file's head fits but for the number of classes
};

/// An encoder has no head: nothing then.
FileHead look_at_head(const Network& network, const WeightsFile& file) {
  const std::string name = network.info().head;
  if (name.empty()) return {};
  const auto parameters = network.named_parameters();
  const auto wanted = parameters[name + ".weight"].sizes();
  FileHead head{.entries = {name + ".weight", name + ".bias"}, .wanted_classes = wanted[0]};
  const TensorInfo* weight = file.find(name + ".weight");
  const TensorInfo* bias = file.find(name + ".bias");
  if (!weight || !bias || weight->shape.size() != 2 || bias->shape.size() != 1) return head;
  head.classes = bias->shape[0];
  head.other_size = is_floating(weight->dtype) && is_floating(bias->dtype) &&
                    weight->shape[0] == head.classes && weight->shape[1] == wanted[1] &&
                    head.classes != head.wanted_classes;
  return head;
}

std::string listed(std::string_view kind, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::vector<std::string> shown(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamesInMessage)));
  for (std::string& name : shown) name = printable(name);
  const std::size_t hidden = names.size() - shown.size();
  return fmt::format("{} {} ({}{})", names.size(), kind, join(shown, "; "),
                     hidden > 0 ? fmt::format("; and {} more", hidden) : "");
}

std::string sentence(const LoadReport& report) {
  std::vector<std::string> parts;
  for (const std::string& part : {listed("missing", report.missing), listed("unexpected", report.unexpected),
                                  listed("mismatched", report.mismatched)}) {
    if (!part.empty()) parts.push_back(part);
  }
  return join(parts, ", ");
}

template <class T>
void fill_as(torch::Tensor& target, const WeightsFile& file, const TensorInfo& stored) {
  constexpr auto kType = c10::CppTypeToScalarType<T>::value;
  const bool direct = target.scalar_type() == kType && target.is_contiguous();
  torch::Tensor values = direct ? target : torch::empty(target.sizes(), torch::TensorOptions(kType));
  file.read_values(stored, 0,
                   std::span<T>(values.template data_ptr<T>(), static_cast<std::size_t>(values.numel())));
  if (!direct) target.copy_(values);
}

void fill(torch::Tensor& target, const WeightsFile& file, const TensorInfo& stored) {
  if (target.is_floating_point()) {
    fill_as<float>(target, file, stored);
  } else {
    fill_as<double>(target, file, stored);
  }
}

/// Copies every entry that the file holds; returns the names of those with NaN or infinities.
std::vector<std::string> fill_all(Network& network, const WeightsFile& file,
                                  const std::set<std::string>& left_out) {
  const torch::NoGradGuard no_grad;
  std::vector<std::string> nonfinite;
  for (StateEntry& entry : state_entries(network)) {
    if (left_out.contains(entry.name)) continue;
    const TensorInfo* stored = file.find(entry.name);
    if (!stored) {
      entry.value.zero_();
      continue;
    }
    fill(entry.value, file, *stored);
    const auto bad = (~entry.value.isfinite()).sum().item<std::int64_t>();
    if (bad > 0) nonfinite.push_back(fmt::format("{}: {} of {}", entry.name, bad, entry.value.numel()));
  }
  return nonfinite;
}

void load_file(Network& network, const WeightsFile& file, const ModelOptions& options, std::uint64_t seed) {
  const std::string where = file.path().string();
  const FileHead head = look_at_head(network, file);
  const bool redraw = head.other_size && options.reinit_head;
  const auto rest = compare(network, file, head.other_size ? head.entries : std::set<std::string>{});
  if (head.other_size && !redraw && rest.matches()) {
    throw WeightsError(
        {.what = "cannot load weights",
         .where = where,
         .why = fmt::format("its head {} has {} classes, and model.classes asks for {}", network.info().head,
                            head.classes, head.wanted_classes),
         .todo = fmt::format("Set model.classes: {}, or model.reinit_head: true to start with a new head",
                             head.classes)});
  }
  const LoadReport report = redraw ? rest : compare(network, file, {});
  if (!report.matches()) {
    throw WeightsError(
        {.what = "cannot load weights",
         .where = where,
         .why = fmt::format("its tensors are not those of {}{}: {}", network.info().name,
                            head.entries.empty() ? "" : fmt::format(" with {} classes", head.wanted_classes),
                            sentence(report)),
         .todo = "Take the file of this network; `mirrortune models check` lists every difference"});
  }
  const auto nonfinite = fill_all(network, file, redraw ? head.entries : std::set<std::string>{});
  if (!nonfinite.empty() && !options.allow_nonfinite) {
    throw WeightsError({.what = "cannot load weights",
                        .where = where,
                        .why = fmt::format("NaN or infinite values in {}", listed("tensors", nonfinite)),
                        .todo = "Take an intact file, or set model.allow_nonfinite: true"});
  }
  if (redraw) draw_head(network, seed);
}

}  // namespace

LoadReport compare_state(const Network& network, const WeightsFile& file) {
  return compare(network, file, {});
}

void load_weights(Network& network, const ModelOptions& options, std::uint64_t seed) {
  if (options.weights == "none") {
    draw_weights(network, seed);
  } else {
    load_file(network, *WeightsFile::open(options.weights), options, seed);
  }
}

Fingerprint fingerprint(Network& network) {
  constexpr std::int64_t kResolution = 224;
  const torch::NoGradGuard no_grad;
  const bool was_training = network.is_training();
  network.eval();
  const auto input = network.info().kind == NetworkKind::row_classifier
                         ? made_rows(1, kElmanInput, kMadeSeed + kElmanInput)
                         : made_images(1, kResolution, kMadeSeed + kResolution);
  const auto output = network.forward(input.to(network.parameters().front().device()))
                          .to(torch::kCPU, torch::kFloat64)
                          .flatten();
  network.train(was_training);
  Fingerprint print;
  print.norm = output.norm().item<double>();
  for (std::int64_t i = 0; i < std::min<std::int64_t>(8, output.numel()); ++i) {
    print.first8.push_back(output[i].item<double>());
  }
  return print;
}

}  // namespace mirrortune
