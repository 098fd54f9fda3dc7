#include "models/multiply_adds.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <ATen/record_function.h>
#include <torch/torch.h>

#include "models/elman_rnn.h"
#include "models/network.h"

namespace mirrortune {
namespace {

/// The operators that multiply by a weight, and which of their inputs it is.
struct Operator {
  std::string_view name;
  std::size_t weight_input;
};

constexpr std::array kOperators = {Operator{"aten::conv2d", 1}, Operator{"aten::linear", 1},
                                   Operator{"aten::matmul", 1}, Operator{"aten::addmm", 2},
                                   Operator{"aten::addmm_", 2}};

/// Counts the products of the operators that run on this thread while it lives.
class Counter {
 public:
  explicit Counter(const Network& network) {
    for (const auto& parameter : network.named_parameters()) {
      const auto& value = parameter.value();
      weights_.emplace(value.data_ptr(),
                       Weight{.module = parameter.key().substr(0, parameter.key().rfind('.')),
                              .inputs_per_output = value.numel() / value.size(0)});
    }
    current = this;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&Counter::on_start, &Counter::on_end)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
  }
  ~Counter() {
    at::removeCallback(handle_);
    current = nullptr;
  }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  std::vector<LayerCost> costs() const { return costs_; }

 private:
  struct Weight {
    std::string module;
    std::int64_t inputs_per_output;
  };

  /// An operator while it runs. Inputs are shown when it starts, outputs when it ends.
  struct Running : at::ObserverContext {
    const Weight* weight = nullptr;  ///< null: not to be counted
  };

  static std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& function) {
    auto running = std::make_unique<Running>();
    running->weight = current->find_weight(function);
    if (running->weight) current->inside_counted_ = true;
    return running;
  }

  static void on_end(const at::RecordFunction& function, at::ObserverContext* context) {
    const auto* weight = static_cast<Running*>(context)->weight;
    if (!weight) return;
    current->inside_counted_ = false;
    current->add(*weight, function.outputs()[0].toTensor());
  }

  /// Null within an operator that is counted itself (linear calls addmm).
  const Weight* find_weight(const at::RecordFunction& function) const {
    if (inside_counted_) return nullptr;
    const auto* known = std::ranges::find(kOperators, function.name(), &Operator::name);
    if (known == kOperators.end()) return nullptr;
    const auto weight = weights_.find(function.inputs()[known->weight_input].toTensor().data_ptr());
    return weight == weights_.end() ? nullptr : &weight->second;
  }

  void add(const Weight& weight, const torch::Tensor& output) {
    const auto [place, is_new] = places_.emplace(weight.module, costs_.size());
    if (is_new) costs_.push_back({weight.module, 0});
    std::int64_t outputs = 1;
    for (const std::int64_t extent : output.sizes()) outputs *= std::max<std::int64_t>(extent, 1);
    costs_[place->second].multiply_adds += outputs * weight.inputs_per_output;
  }

  static thread_local Counter* current;  ///< a callback of LibTorch's carries no data of ours

  std::unordered_map<const void*, Weight> weights_;  ///< by the address of their values
  bool inside_counted_ = false;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<LayerCost> costs_;
  at::CallbackHandle handle_ = 0;
};

thread_local Counter* Counter::current = nullptr;

}  // namespace

std::vector<LayerCost> multiply_adds(std::string_view name, std::int64_t classes, std::int64_t resolution) {
  const torch::NoGradGuard no_grad;
  const auto network = make_network(name, classes);
  network->eval();
  const Counter counter(*network);
  network->forward(network->info().kind == NetworkKind::row_classifier
                       ? torch::zeros({1, resolution, kElmanInput})
                       : torch::empty({0, 3, resolution, resolution}));
  return counter.costs();
}

}  // namespace mirrortune
