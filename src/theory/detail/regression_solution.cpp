#include "theory/detail/regression_solution.h"

#include <cmath>

#include <torch/torch.h>

#include "base/error.h"
#include "base/stop.h"

namespace mirrortune::detail {
namespace {

constexpr double kSolvedLoss = 1e-9;
constexpr int kMostSteps = 100, kMostHalvings = 30, kMostDirections = 200;

std::span<double> numbers(torch::Tensor& tensor) {
  return {tensor.data_ptr<double>(), static_cast<std::size_t>(tensor.numel())};
}

/// Vectors are float64; products with X are taken in float32, as X is stored.
class Problem {
 public:
  Problem(const RegressionData& data, std::span<const float> start, const Potential& potential)
      : inputs_(torch::from_blob(const_cast<float*>(data.inputs), {data.rows, data.columns}, {data.stride, 1},
                                 torch::kFloat32)),
        labels_(torch::from_blob(const_cast<float*>(data.labels), {data.rows}, torch::kFloat32)
                    .to(torch::kFloat64)),
        start_(start),
        potential_(potential) {}

  torch::Tensor times(const torch::Tensor& w) const {
    return torch::mv(inputs_, w.to(torch::kFloat32)).to(torch::kFloat64);
  }
  torch::Tensor transposed_times(const torch::Tensor& l) const {
    return torch::mv(inputs_.t(), l.to(torch::kFloat32)).to(torch::kFloat64);
  }

  /// (φ')⁻¹(φ'(w0) + d).
  torch::Tensor weights(torch::Tensor d) const {
    auto w = torch::empty_like(d);
    const auto change = numbers(d), out = numbers(w);
    std::visit(
        [&](const auto& chosen) {
          for (std::size_t i = 0; i < out.size(); ++i) {
            const double w0 = start_[i];
            out[i] = chosen.from_dual(chosen.to_dual(w0) + change[i], w0);
          }
        },
        potential_);
    return w;
  }
  /// 1/φ''(w): how far a weight moves with its dual.
  torch::Tensor mobility(torch::Tensor w) const {
    auto moves = torch::empty_like(w);
    const auto in = numbers(w), out = numbers(moves);
    constexpr double kMost = 1e12;  // of weights at 0 under potentials with φ''(0) = 0
    std::visit(
        [&](const auto& chosen) {
          for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = std::min(1 / chosen.second_derivative(in[i]), kMost);
          }
        },
        potential_);
    return moves;
  }
  torch::Tensor residual(const torch::Tensor& w) const { return times(w) - labels_; }
  std::int64_t rows() const { return labels_.numel(); }
  std::int64_t columns() const { return inputs_.size(1); }

  /// p with X diag(mobility) Xᵀ p = r, up to `tolerance` of r.
  torch::Tensor newton_direction(const torch::Tensor& mobility, const torch::Tensor& r,
                                 double tolerance) const {
    auto p = torch::zeros_like(r), left = r.clone(), direction = r.clone();
    double square = left.dot(left).item<double>();
    const double enough = tolerance * tolerance * square;
    for (int i = 0; i < kMostDirections && square > enough; ++i) {
      const auto image = times(mobility * transposed_times(direction));
      const double step = square / direction.dot(image).item<double>();
      if (!std::isfinite(step)) break;
      p += step * direction;
      left -= step * image;
      const double next = left.dot(left).item<double>();
      direction = left + next / square * direction;
      square = next;
    }
    return p;
  }

 private:
  torch::Tensor inputs_, labels_;
  std::span<const float> start_;
  const Potential& potential_;
};

/// Where the search is.
struct Place {
  torch::Tensor dual_change, weights, residual;
  double loss() const {
    return residual.dot(residual).item<double>() / static_cast<double>(residual.numel());
  }
};

Place place_of(const Problem& problem, const torch::Tensor& dual_change) {
  Place place{.dual_change = dual_change, .weights = problem.weights(dual_change), .residual = {}};
  place.residual = problem.residual(place.weights);
  return place;
}

/// A step along λ ← λ − t·p. The slope of the dual problem along it rises with t, and is halved at least.
std::optional<Place> step_along(const Problem& problem, const Place& from, const torch::Tensor& p) {
  const auto along = problem.transposed_times(p);
  const double slope = -from.residual.dot(p).item<double>();
  double t = 1;
  for (int i = 0; i < kMostHalvings; ++i, t /= 2) {
    Place to = place_of(problem, from.dual_change - t * along);
    const double now = -to.residual.dot(p).item<double>();
    if (std::isfinite(to.loss()) && now <= std::fabs(slope) / 2) return to;
  }
  return {};
}

}  // namespace

std::optional<RegressionSolved> solve_regression(const RegressionData& data, std::span<const float> start,
                                                 const Potential& potential) {
  const torch::NoGradGuard no_grad;
  const Problem problem(data, start, potential);
  Place here = place_of(problem, torch::zeros({problem.columns()}, torch::kFloat64));
  double loss = here.loss();
  for (int step = 0; step < kMostSteps && loss > kSolvedLoss / 100; ++step) {
    if (stop_requested())
      throw StoppedError({.what = "the regressions were stopped", .todo = "Run them again"});
    const double tolerance = std::min(0.1, std::sqrt(loss));
    const auto p = problem.newton_direction(problem.mobility(here.weights), here.residual, tolerance);
    auto next = step_along(problem, here, p);
    if (!next) break;
    const double before = std::exchange(loss, next->loss());
    here = *next;
    if (loss < kSolvedLoss && loss > before / 2) break;  // float32's products know no more
  }
  if (!(loss < kSolvedLoss)) return {};
  const auto w = numbers(here.weights), d = numbers(here.dual_change);
  return RegressionSolved{
      .weights = {w.begin(), w.end()}, .dual_changes = {d.begin(), d.end()}, .loss = loss};
}

}  // namespace mirrortune::detail
