#include "theory/linreg.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "base/error.h"
#include "base/stream.h"

#include "theory/detail/regression_draw.h"
#include "theory/detail/regression_solution.h"
#include "theory/detail/regression_training.h"

namespace mirrortune {
namespace {

using detail::RegressionData;
using testing::Contains;
using testing::HasSubstr;

/// A regression in memory.
struct Made {
  Made(std::int64_t rows, std::int64_t columns, std::int64_t stride = 0)
      : x(static_cast<std::size_t>(rows * std::max(stride, columns))),
        y(static_cast<std::size_t>(rows)),
        start(static_cast<std::size_t>(columns)),
        data{.inputs = x.data(),
             .stride = std::max(stride, columns),
             .rows = rows,
             .columns = columns,
             .labels = y.data()} {
    const Stream stream(7, "made regression");
    std::uint64_t draw = 0;
    for (float& value : x) value = static_cast<float>(stream.normal(draw++));
    for (float& value : y) value = stream.uniform(draw++) < 0.5 ? -1.0F : 1.0F;
    for (float& value : start) {
      value = static_cast<float>(stream.normal(draw++) / std::sqrt(static_cast<double>(columns)));
    }
  }
  /// In float64.
  torch::Tensor inputs() const {
    return torch::from_blob(const_cast<float*>(x.data()), {data.rows, data.columns}, {data.stride, 1},
                            torch::kFloat32)
        .to(torch::kFloat64);
  }
  torch::Tensor labels() const { return vector(y); }
  torch::Tensor weights() const { return vector(start); }
  static torch::Tensor vector(const std::vector<float>& values) {
    return torch::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())},
                            torch::kFloat32)
        .to(torch::kFloat64);
  }

  std::vector<float> x, y, start;
  RegressionData data;
};

double distance(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(RegressionGradient, IsThatOfFloat64OnAwkwardSizes) {
  for (const auto& [rows, columns, models] :
       {std::tuple{1, 1, 1}, {3, 7, 2}, {4, 8, 3}, {17, 17, 4}, {33, 2049, 7}, {5, 4100, 1}}) {
    const Made made(rows, columns, columns + 3);
    std::vector<std::vector<float>> weights, gradients;
    for (int m = 0; m < models; ++m) {
      weights.push_back(made.start);
      for (float& w : weights.back()) w *= static_cast<float>(m + 1);
      gradients.emplace_back(columns, 0.5F);
    }
    std::vector<const float*> from;
    std::vector<float*> into;
    for (int m = 0; m < models; ++m) {
      from.push_back(weights[static_cast<std::size_t>(m)].data());
      into.push_back(gradients[static_cast<std::size_t>(m)].data());
    }
    std::vector<double> losses(static_cast<std::size_t>(models), 2.0);
    add_regression_gradients(made.data, from, into, losses);
    for (int m = 0; m < models; ++m) {
      const auto residual = torch::mv(made.inputs(), (m + 1) * made.weights()) - made.labels();
      const auto expected = torch::mv(made.inputs().t(), residual) + 0.5;
      const double scale = residual.abs().sum().item<double>();
      EXPECT_LT(distance(Made::vector(gradients[static_cast<std::size_t>(m)]), expected), 1e-5 * (1 + scale))
          << rows << " × " << columns << ", model " << m;
      EXPECT_NEAR(losses[static_cast<std::size_t>(m)], 2 + residual.dot(residual).item<double>(),
                  1e-5 * (1 + scale));
    }
  }
}

detail::RegressionSetting setting_of(const Made& made, int threads = 1) {
  return {.data = made.data, .start = made.start, .momentum = 0.9, .threads = threads};
}

TEST(RegressionTraining, UnderThe2NormIsLibTorchsSgdWithItsCosineSchedule) {
  const Made made(12, 90);
  constexpr int kEpochs = 40;
  constexpr double kRate = 0.01;
  const auto trained = train_regressions(setting_of(made),
                                         std::vector<detail::RegressionTraining>{{"2-norm", kRate, kEpochs}});
  auto w = made.weights().clone().requires_grad_();
  torch::optim::SGD sgd({w}, torch::optim::SGDOptions(kRate).momentum(0.9));
  double loss = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const double rate = kRate * (1 + std::cos(M_PI * epoch / kEpochs)) / 2;
    static_cast<torch::optim::SGDOptions&>(sgd.param_groups()[0].options()).lr(rate);
    sgd.zero_grad();
    const auto error = torch::mse_loss(torch::mv(made.inputs(), w), made.labels());
    loss = error.item<double>();
    error.backward();
    sgd.step();
  }
  EXPECT_LT(distance(Made::vector(trained[0].weights), w.detach()), 1e-5);
  EXPECT_NEAR(trained[0].loss / loss, 1, 1e-3);
}

TEST(RegressionTraining, DependsNeitherOnItsNeighboursNorOnThreads) {
  const Made made(300, 5000);
  const std::vector<detail::RegressionTraining> all = {
      {"negative_entropy", 0.01, 12}, {"2-norm", 1e3, 20}, {"3-norm", 1e-3, 5}, {"2-norm", 1e-3, 9}};
  const auto together = train_regressions(setting_of(made), all);
  EXPECT_FALSE(std::isfinite(together[1].loss)) << "this rate diverges";
  EXPECT_TRUE(std::isfinite(together[0].loss));
  const auto with_threads = train_regressions(setting_of(made, 3), all);
  for (const std::size_t i : {0u, 2u, 3u}) EXPECT_EQ(together[i].weights, with_threads[i].weights);
}

TEST(RegressionSolution, UnderThe2NormIsTheNearestToTheStart) {
  const Made made(20, 150);
  const auto solved = solve_regression(made.data, made.start, PNorm{2.0});
  ASSERT_TRUE(solved);
  const auto x = made.inputs();
  const auto expected =
      made.weights() + torch::mv(torch::pinverse(x), made.labels() - torch::mv(x, made.weights()));
  const auto found = torch::tensor(solved->weights, torch::kFloat64);
  EXPECT_LT(distance(found, expected), 1e-5);
}

TEST(RegressionSolution, HoldsTheLabelsAndMovesTheDualInTheRowSpaceOfTheInputs) {
  const Made made(20, 150);
  const auto x = made.inputs();
  for (const char* potential :
       {"negative_entropy", "1.5-norm", "3-norm", "hypentropy(beta=0.05)", "log_linear(delta=0.05)"}) {
    SCOPED_TRACE(potential);
    const Potential chosen = parse_potential(potential);
    const auto solved = solve_regression(made.data, made.start, chosen);
    ASSERT_TRUE(solved);
    const auto w = torch::tensor(solved->weights, torch::kFloat64);
    EXPECT_LT(distance(torch::mv(x, w), made.labels()), 1e-3);
    std::vector<double> change;
    for (std::size_t i = 0; i < made.start.size(); ++i) {
      change.push_back(to_dual(chosen, solved->weights[i]) - to_dual(chosen, made.start[i]));
    }
    const auto d = torch::tensor(change, torch::kFloat64);
    const auto in_rows = torch::mv(torch::mm(torch::pinverse(x), x), d);
    EXPECT_LT(distance(d, in_rows), 1e-5 * d.abs().max().item<double>());
  }
}

TEST(RegressionSolution, IsNoneWhereNoWeightsOfTheDomainHoldTheLabels) {
  Made made(2, 8);
  for (float& w : made.start) w = 0.25F;
  for (float& value : made.x) value = 1;  // both rows alike, with different labels
  made.y = {-1, 1};
  EXPECT_FALSE(solve_regression(made.data, made.start, PNorm{2.0}));
}

detail::RegressionDataSet data_set(RegressionInputs inputs, double c) {
  return {.seed = 3, .inputs = inputs, .c = c, .number = 0, .rows = 20001, .columns = 9, .threads = 2};
}

TEST(RegressionDraw, GaussianInputsHaveThePublishedCovariance) {
  for (const double c : {1.0, 2.0}) {
    const auto x = draw_regression(data_set(RegressionInputs::gaussian, c)).inputs.to(torch::kFloat64);
    const auto covariance = torch::mm(x.t(), x) / 20001;
    for (int i = 0; i < 9; ++i) {
      for (int j = 0; j < 9; ++j) {
        const double expected =
            ((i - j) % 2 == 0 ? 1 : -1) / (1 + std::pow(std::abs(i - j), c)) + (i == j ? 1.0 / 12 : 0);
        EXPECT_NEAR(covariance[i][j].item<double>(), expected, 5 * std::sqrt(2.4 / 20001)) << i << ", " << j;
      }
    }
  }
}

TEST(RegressionDraw, OtherInputsAreNotNegative) {
  const auto binary = draw_regression(data_set(RegressionInputs::binary, 1)).inputs.to(torch::kFloat64);
  EXPECT_NEAR((binary > 0).to(torch::kFloat64).mean().item<double>(), 0.05, 0.004);
  EXPECT_TRUE(((binary == 0) | (binary == 1)).all().item<bool>());
  const auto heavy = draw_regression(data_set(RegressionInputs::log_normal, 1)).inputs.to(torch::kFloat64);
  EXPECT_GT(heavy.min().item<double>(), 0);
  EXPECT_NEAR(heavy.median().item<double>(), 1 / std::sqrt(std::exp(2) - std::exp(1)), 0.01);
}

TEST(RegressionDraw, OfAnOddNumberOfRowsIsThatOfAllButTheLast) {
  auto which = data_set(RegressionInputs::gaussian, 1);
  const auto all = draw_regression(which);
  which.rows = 77;
  which.threads = 1;
  const auto part = draw_regression(which);
  EXPECT_TRUE(torch::equal(part.inputs, all.inputs.narrow(0, 0, 77)));
  EXPECT_EQ(part.start, all.start);
}

LinregOptions small() {
  return {.dimensions = {100, 400}, .exponents = {0.5}, .correlation_powers = {1}, .seeds = 5, .threads = 2};
}

const LinregCell& cell_of(const std::vector<LinregCell>& cells, RegressionSolution solution,
                          const std::string& potential, std::int64_t D) {
  for (const auto& cell : cells) {
    if (cell.solution == solution && cell.potential == potential && cell.D == D) return cell;
  }
  throw std::out_of_range(potential);
}

TEST(Linreg, TrainedRegressionsEndAtTheExactSolution) {
  const Linreg result = run_linreg(small());
  EXPECT_EQ(result.rows.size(), 2u * 3 * 2 * 5);
  const auto cells = summarise(result);
  for (const auto& potential : result.options.potentials) {
    const auto& trained = cell_of(cells, RegressionSolution::trained, potential, 400);
    const auto& exact = cell_of(cells, RegressionSolution::exact, potential, 400);
    EXPECT_EQ(trained.N, 20);
    EXPECT_LT(trained.loss, 1e-3);
    EXPECT_LT(exact.loss, 1e-9);
    EXPECT_NEAR(trained.delta_cdf.median, exact.delta_cdf.median, 0.003);
    EXPECT_NEAR(trained.magnitude.median / exact.magnitude.median, 1, 0.02);
    EXPECT_LE(exact.delta_cdf.low, exact.delta_cdf.median);
    EXPECT_LE(exact.delta_cdf.median, exact.delta_cdf.high);
  }
  EXPECT_THAT(result.notes, Contains(HasSubstr("no spread under 3-norm")));
}

TEST(Linreg, SpreadIsThatOfTheTheoremWhereNIsFarBelowD) {
  LinregOptions options = small();
  options.dimensions = {4000};
  options.potentials = {"negative_entropy", "1.5-norm", "2-norm"};
  options.seeds = 7;
  options.train = false;
  for (const auto& cell : summarise(run_linreg(options)))
    EXPECT_NEAR(cell.spread_ratio.median, 1.02, 0.05) << cell.potential;
}

TEST(Linreg, BinaryInputsNeedManySamplesToLookGaussian) {
  LinregOptions options = small();
  options.dimensions = {20'000};
  options.exponents = {0.01, 0.2374, 0.5};
  options.inputs = RegressionInputs::binary;
  options.potentials = {"2-norm"};
  options.seeds = 5;
  options.train = false;
  const auto cells = summarise(run_linreg(options));
  ASSERT_EQ(cells.size(), 3u);
  EXPECT_EQ(cells[0].N, 1);
  EXPECT_NEAR(cells[0].delta_cdf.median, 0.82, 0.02);
  EXPECT_EQ(cells[1].N, 10);
  EXPECT_NEAR(cells[1].delta_cdf.median, 0.32, 0.06);
  EXPECT_LT(cells[2].delta_cdf.median, 0.03);
}

TEST(Linreg, DoesNotDependOnThreads) {
  LinregOptions options = small();
  options.seeds = 1;
  const auto text = [&] {
    std::string all;
    const CsvTable table = to_csv(run_linreg(options));
    for (const auto& row : table.rows()) {
      for (const auto& cell : row) all += cell + ",";
    }
    return all;
  };
  const std::string expected = text();
  options.threads = 1;
  EXPECT_EQ(text(), expected);
  options.seed = 1;
  EXPECT_NE(text(), expected);
}

TEST(Linreg, LengthensTheSearchUntilTheTargetIsReached) {
  LinregOptions options = small();
  options.dimensions = {100};
  options.potentials = {"2-norm"};
  options.seeds = 1;
  options.solve = false;
  options.epochs = 3;
  options.extend_epochs = 20;
  EXPECT_GT(run_linreg(options).rows[0].epochs, 3);
  options.extend_times = 0;
  EXPECT_EQ(run_linreg(options).rows[0].epochs, 3);
}

TEST(Linreg, ThatDivergesIsARowWithoutNumbersAndANote) {
  LinregOptions options = small();
  options.dimensions = {100};
  options.lrs = {1e6};
  options.potentials = {"2-norm"};
  options.solve = false;
  const Linreg result = run_linreg(options);
  ASSERT_EQ(result.rows.size(), 5u);
  EXPECT_TRUE(std::isnan(result.rows[0].delta_cdf));
  EXPECT_THAT(result.notes, Contains(HasSubstr("5 of 5 regressions diverged")));
}

TEST(Linreg, RefusesOptionsOutOfRange) {
  const auto refused = [](auto change) {
    LinregOptions options = small();
    change(options);
    EXPECT_THROW(run_linreg(options), UsageError);
  };
  refused([](auto& options) { options.dimensions = {1}; });
  refused([](auto& options) { options.dimensions.clear(); });
  refused([](auto& options) { options.exponents = {1.1}; });
  refused([](auto& options) { options.exponents = {0}; });
  refused([](auto& options) { options.correlation_powers = {0}; });
  refused([](auto& options) { options.potentials = {"0.5-norm"}; });
  refused([](auto& options) { options.seeds = 0; });
  refused([](auto& options) { options.train = options.solve = false; });
  refused([](auto& options) { options.lrs = {-1}; });
  refused([](auto& options) { options.epochs = 0; });
  refused([](auto& options) { options.momentum = 1; });
}

}  // namespace
}  // namespace mirrortune
