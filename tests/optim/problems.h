#pragma once

#include <cctype>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "optim/mirror_descent.h"

/// Parameters and gradients to step with.
namespace mirrortune::test {

inline std::vector<std::string> stepped_potentials() {
  return {"negative_entropy",
          "1.1-norm",
          "1.5-norm",
          "2-norm",
          "2.5-norm",
          "3-norm",
          "10-norm",
          "hypentropy(beta=0.01)",
          "smooth_power(lambda=0.5,beta=0.05)",
          "smooth_power(lambda=3,beta=0.1)",
          "burg",
          "logistic(max=2)",
          "bounded(max=1.5)",
          "log_linear(delta=0.1)",
          "l2_plus_3norm(a=1,b=10)"};
}

/// Awkward sizes: empty, one, odd, more than a block, more than a chunk; and a 4-dimensional one for layouts.
inline std::vector<std::vector<std::int64_t>> awkward_shapes() {
  return {{0}, {1}, {17}, {1025}, {33, 1000}, {5, 3, 3, 3}, {70000}};
}

/// The weights, squeezed into the domain of the potential where that is not the whole line.
inline torch::Tensor into_domain(const std::string& potential, const torch::Tensor& weights) {
  if (potential.starts_with("logistic")) return weights.sigmoid();
  return potential.starts_with("bounded") ? weights.tanh() : weights;
}

/// Weights of typical size (standard normal × 0.3) from a seed, as parameters.
inline std::vector<torch::Tensor> make_parameters(std::uint64_t seed, torch::Dtype dtype = torch::kFloat32,
                                                  const std::string& potential = "2-norm") {
  torch::manual_seed(seed);
  std::vector<torch::Tensor> parameters;
  for (const auto& shape : awkward_shapes()) {
    const auto weights = into_domain(potential, torch::randn(shape) * 0.3);
    parameters.push_back(weights.to(dtype).requires_grad_(true));
  }
  return parameters;
}

/// A potential's text as the name of a test.
inline std::string test_name(std::string potential) {
  for (char& c : potential) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return potential;
}

inline std::vector<torch::Tensor> copies_of(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> copies;
  for (const auto& tensor : tensors) copies.push_back(tensor.detach().clone().requires_grad_(true));
  return copies;
}

/// The same gradients for every list of parameters, from a seed.
inline void set_gradients(std::uint64_t seed, const std::vector<std::vector<torch::Tensor>>& lists) {
  torch::manual_seed(seed);
  for (std::size_t i = 0; i < lists.front().size(); ++i) {
    const auto gradient = torch::randn(lists.front()[i].sizes());
    for (const auto& list : lists) list[i].mutable_grad() = gradient.to(list[i].scalar_type()).clone();
  }
}

/// Steps with the gradients of the seeds `from` … `to` − 1.
inline void take_steps(MirrorDescent& optimizer, const std::vector<torch::Tensor>& parameters,
                       std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t step = from; step < to; ++step) {
    set_gradients(step, {parameters});
    optimizer.step();
  }
}

/// A parameter of these values, and a gradient for it.
inline torch::Tensor parameter(std::vector<double> values, torch::Dtype dtype = torch::kFloat32) {
  return torch::tensor(values, dtype).requires_grad_(true);
}
inline void set_gradient(const torch::Tensor& weight, std::vector<double> values) {
  weight.mutable_grad() = torch::tensor(values, weight.scalar_type());
}

inline bool bit_equal(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::equal(a.detach(), b.detach());
}

}  // namespace mirrortune::test
