#include "analysis/layer_pairs.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include <fnmatch.h>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune {
namespace {

/// Why two tensors of one name, either of which may be absent, are not compared; empty if they are.
std::string why_not(const TensorInfo* initial, const TensorInfo* final_weights) {
  if (!final_weights) return "only in the first file";
  if (!initial) return "only in the second file";
  if (initial->shape != final_weights->shape) return "of another shape in the second file";
  if (!is_floating(initial->dtype) || !is_floating(final_weights->dtype)) return "no floating-point numbers";
  if (initial->shape.size() < 2) return "fewer than two dimensions";
  return "";
}

/// Modules of the head; none if the files hold none of it, nothing if it is not known.
std::optional<std::vector<std::string>> head_of(const WeightsFile& initial, const WeightsFile& final_weights,
                                                const LayerChoice& choice) {
  const auto modules = [](const std::string& text) {
    return text.empty() ? std::vector<std::string>() : split(text, ',');
  };
  for (const auto* file : {&final_weights, &initial}) {
    const auto entry = file->metadata().find("head");
    if (entry != file->metadata().end()) return modules(entry->second);
  }
  if (choice.head_name.empty()) return {};
  return modules(choice.head_name);
}

bool belongs_to(const std::string& layer, const std::string& module) {
  return layer == module || layer.starts_with(module + ".");
}

}  // namespace

std::string module_of(const std::string& tensor) {
  constexpr std::string_view kSuffix = ".weight";
  return tensor.ends_with(kSuffix) ? tensor.substr(0, tensor.size() - kSuffix.size()) : tensor;
}

LayerPairs::LayerPairs(const std::filesystem::path& init, const std::filesystem::path& final_weights,
                       const LayerChoice& choice)
    : initial_(WeightsFile::open(init)), final_(WeightsFile::open(final_weights)) {
  choose(choice);
  leave_out_head(choice);
  if (!layers_.empty()) return;
  const bool all = choice.pattern == "*";
  throw WeightsError({.what = "cannot compare",
                      .where = init.string() + " and " + final_weights.string(),
                      .why = "no floating tensor of two or more dimensions" +
                             (all ? "" : " whose name matches '" + printable(choice.pattern) + "'") +
                             " stands in both in one shape" +
                             (notes_.empty() ? "" : " (" + join(notes_, "; ") + ")"),
                      .todo = "Give two states of one network"});
}

void LayerPairs::choose(const LayerChoice& choice) {
  const auto chosen = [&](const TensorInfo& tensor) {
    return ::fnmatch(choice.pattern.c_str(), tensor.name.c_str(), 0) == 0;
  };
  std::map<std::string, std::vector<std::string>> left_out;  // by reason
  for (const auto& tensor : initial_->tensors()) {
    if (!chosen(tensor)) continue;
    const auto* other = final_->find(tensor.name);
    const std::string reason = why_not(&tensor, other);
    if (reason.empty()) {
      layers_.push_back({tensor.name, &tensor, other, tensor.elements()});
    } else {
      left_out[reason].push_back(tensor.name);
    }
  }
  for (const auto& tensor : final_->tensors()) {
    if (chosen(tensor) && !initial_->find(tensor.name))
      left_out[why_not(nullptr, &tensor)].push_back(tensor.name);
  }
  for (const auto& [reason, names] : left_out)
    notes_.push_back("not compared, " + reason + ": " + join(names, ", "));
}

void LayerPairs::leave_out_head(const LayerChoice& choice) {
  if (choice.head == HeadRule::include) return;
  if (choice.head == HeadRule::as_published) {
    std::erase_if(layers_, [](const LayerPair& layer) { return layer.name.find("fc") != std::string::npos; });
    return;
  }
  const auto head = head_of(*initial_, *final_, choice);
  if (!head) {
    notes_.push_back(
        "the head is not known (no metadata key 'head', no head name given): every layer counts");
    return;
  }
  for (const std::string& module : *head) {
    const auto left_out =
        std::erase_if(layers_, [&](const LayerPair& layer) { return belongs_to(layer.name, module); });
    if (left_out > 0) continue;
    notes_.push_back("no compared tensor belongs to the head '" + printable(module) +
                     "': every layer counts");
  }
}

void LayerPairs::read(const LayerPair& layer, std::int64_t begin, std::span<double> initial,
                      std::span<double> final_weights) const {
  initial_->read_values(*layer.initial, begin, initial);
  final_->read_values(*layer.final_weights, begin, final_weights);
}

void LayerPairs::read(const LayerPair& layer, std::int64_t begin, std::span<std::uint16_t> initial,
                      std::span<std::uint16_t> final_weights) const {
  initial_->read_bytes(*layer.initial, begin, std::as_writable_bytes(initial));
  final_->read_bytes(*layer.final_weights, begin, std::as_writable_bytes(final_weights));
}

}  // namespace mirrortune
