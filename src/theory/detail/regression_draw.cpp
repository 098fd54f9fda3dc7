#include "theory/detail/regression_draw.h"

#include <cmath>
#include <numbers>

#include "analysis/normal.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/stream.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

constexpr double kActiveShare = 0.05;  ///< of binary inputs

/// Normal numbers along each row with correlation 1/(1 + |i − j|^c), which has a circulant extension with
/// eigenvalues ≥ 0: the sequence falls and is convex.
class CorrelatedNormals {
 public:
  CorrelatedNormals(std::int64_t columns, double c) : columns_(columns), period_(2 * columns) {
    auto row = torch::empty({period_}, torch::kFloat64);
    auto* value = row.data_ptr<double>();
    for (std::int64_t k = 0; k < period_; ++k) {
      value[k] = 1 / (1 + std::pow(static_cast<double>(std::min(k, period_ - k)), c));
    }
    const auto eigenvalues = torch::real(torch::fft::fft(row));
    if (eigenvalues.min().item<double>() < -1e-9) {
      throw UsageError({.what = "cannot draw inputs",
                        .why = "no numbers have the correlation of power " + format_number(c)});
    }
    factors_ = (eigenvalues.clamp_min(0) / static_cast<double>(period_)).sqrt().to(torch::kFloat32);
  }

  std::int64_t period() const { return period_; }
  /// Two rows of normals for each complex row [pairs, period] of independent ones.
  torch::Tensor from(const torch::Tensor& independent) const {
    const auto mixed = torch::view_as_real(torch::fft::fft(independent * factors_));
    return mixed.narrow(1, 0, columns_).permute({0, 2, 1}).reshape({-1, columns_});
  }

 private:
  std::int64_t columns_, period_;
  torch::Tensor factors_;
};

/// Inputs from latent normal numbers in place, row `row` of all.
class InputRule {
 public:
  InputRule(const RegressionDataSet& which)
      : inputs_(which.inputs),
        columns_(which.columns),
        noise_(which.seed, "regression noise", static_cast<std::uint64_t>(which.number)) {}

  void apply(std::span<float> latent, std::int64_t row) const {
    static const double threshold = -normal_quantile(kActiveShare);
    static const double log_normal_sd = std::sqrt(std::numbers::e * (std::numbers::e - 1));
    for (std::size_t i = 0; i < latent.size(); ++i) {
      const double z = i % 2 == 0 ? latent[i] : -latent[i];  // the sign (−1)^(i−j) of the correlation
      double x = 0;
      switch (inputs_) {
        case RegressionInputs::gaussian:
          x = z + noise_.uniform(static_cast<std::uint64_t>(row * columns_) + i) - 0.5;
          break;
        case RegressionInputs::binary:
          x = z > threshold ? 1 : 0;
          break;
        case RegressionInputs::log_normal:
          x = std::exp(z) / log_normal_sd;
          break;
      }
      latent[i] = static_cast<float>(x);
    }
  }

 private:
  RegressionInputs inputs_;
  std::int64_t columns_;
  Stream noise_;
};

torch::Tensor draw_inputs(const RegressionDataSet& which) {
  constexpr std::int64_t kPairs = 32;  // rows that are transformed at once, in memory that stays small
  const CorrelatedNormals normals(which.columns, which.c);
  const Stream stream(which.seed, "regression inputs", static_cast<std::uint64_t>(which.number));
  const InputRule rule(which);
  auto inputs = torch::empty({which.rows, which.columns}, torch::kFloat32);
  for (std::int64_t row = 0; row < which.rows; row += 2 * kPairs) {
    const std::int64_t count = std::min(2 * kPairs, which.rows - row), pairs = (count + 1) / 2;
    auto independent = torch::empty({pairs, normals.period(), 2}, torch::kFloat32);
    auto* number = independent.data_ptr<float>();
    const std::int64_t of_a_pair = 2 * normals.period();
    parallel_for(pairs, which.threads, [&](std::int64_t pair) {
      const std::int64_t first = (row / 2 + pair) * of_a_pair;
      for (std::int64_t i = 0; i < of_a_pair; ++i) {
        number[pair * of_a_pair + i] =
            static_cast<float>(stream.normal(static_cast<std::uint64_t>(first + i)));
      }
    });
    inputs.narrow(0, row, count).copy_(normals.from(torch::view_as_complex(independent)).narrow(0, 0, count));
    auto* latent = inputs.data_ptr<float>() + row * which.columns;
    parallel_for(count, which.threads, [&](std::int64_t i) {
      rule.apply({latent + i * which.columns, static_cast<std::size_t>(which.columns)}, row + i);
    });
  }
  return inputs;
}

}  // namespace

RegressionData RegressionDraw::part(std::int64_t rows, std::int64_t columns) const {
  return {.inputs = inputs.data_ptr<float>(),
          .stride = inputs.size(1),
          .rows = rows,
          .columns = columns,
          .labels = labels.data()};
}

std::vector<float> RegressionDraw::start_of(std::int64_t columns) const {
  std::vector<float> weights;
  for (std::int64_t i = 0; i < columns; ++i) {
    weights.push_back(
        static_cast<float>(start[static_cast<std::size_t>(i)] / std::sqrt(static_cast<double>(columns))));
  }
  return weights;
}

RegressionDraw draw_regression(const RegressionDataSet& which) {
  const auto number = static_cast<std::uint64_t>(which.number);
  const Stream coin(which.seed, "regression labels", number), start(which.seed, "regression start", number);
  RegressionDraw draw{.inputs = draw_inputs(which), .labels = {}, .start = {}};
  for (std::int64_t i = 0; i < which.rows; ++i) {
    draw.labels.push_back(coin.below(static_cast<std::uint64_t>(i), 2) == 1 ? 1.0F : -1.0F);
  }
  for (std::int64_t i = 0; i < which.columns; ++i) {
    draw.start.push_back(start.normal(static_cast<std::uint64_t>(i)));
  }
  return draw;
}

}  // namespace mirrortune::detail
