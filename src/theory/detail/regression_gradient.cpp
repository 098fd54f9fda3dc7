#include "theory/detail/regression_gradient.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace mirrortune::detail {
namespace {

constexpr std::int64_t kLanes = 8;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

constexpr std::int64_t kRows = 4;     ///< of the data and …
constexpr std::int64_t kModels = 3;   ///< … models whose products are summed in registers
constexpr std::int64_t kBlock = 16;   ///< rows whose residuals are known before their gradients are added
constexpr std::int64_t kTile = 2048;  ///< columns whose data, weights and gradients share a cache
constexpr std::int64_t kVectors = 2;  ///< of a gradient that stay in registers over a block of rows

namespace portable {
#include "theory/detail/regression_kernel.inc"
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#include "theory/detail/regression_kernel.inc"
}
#pragma GCC pop_options
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
namespace avx2 = portable;
bool has_avx2() { return false; }
#endif

}  // namespace

void add_regression_gradients(const RegressionData& data, std::span<const float* const> weights,
                              std::span<float* const> gradients, std::span<double> losses) {
  static const bool with_avx2 = has_avx2();
  const auto add_products = with_avx2 ? avx2::add_products_of_block : portable::add_products_of_block;
  const auto add_gradients = with_avx2 ? avx2::add_gradients_of_block : portable::add_gradients_of_block;
  const auto models = static_cast<std::int64_t>(losses.size());
  std::vector<float> residuals(static_cast<std::size_t>(kBlock * models));
  for (std::int64_t begin = 0; begin < data.rows; begin += kBlock) {
    const RegressionData block = data.part(begin, std::min(begin + kBlock, data.rows));
    for (std::int64_t row = 0; row < block.rows; ++row) {
      std::fill_n(residuals.begin() + row * models, models, -block.labels[row]);
    }
    add_products(block, weights.data(), residuals.data(), models);
    for (std::int64_t i = 0; i < block.rows * models; ++i) {
      const double residual = residuals[static_cast<std::size_t>(i)];
      losses[static_cast<std::size_t>(i % models)] += residual * residual;
    }
    add_gradients(block, residuals.data(), gradients.data(), models);
  }
}

}  // namespace mirrortune::detail
