#include "geometry/change_model.h"

#include <cmath>
#include <functional>
#include <numeric>

#include <gtest/gtest.h>

#include "geometry/simulate.h"

namespace mirrortune {
namespace {

/// ∫ f over sizes from `low` to `high`, on their logarithms.
double integral(const std::function<double(double)>& f, double low, double high) {
  constexpr int kSteps = 4000;
  const double a = std::log(low), h = (std::log(high) - a) / kSteps;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double w = std::exp(a + (i + 0.5) * h);
    sum += f(w) * w * h;
  }
  return sum;
}

/// A table whose first pair is (before, after), in company that gives the models their scales.
ChangedPairs table_with(double before, double after, bool with_flip = false) {
  auto pairs = simulate_pairs({.n = 300, .potential = "2-norm", .change = 0.2, .seed = 5}).pairs;
  pairs.before.insert(pairs.before.begin(), before);
  pairs.after.insert(pairs.after.begin(), after);
  if (with_flip) {
    pairs.before.push_back(0.3);
    pairs.after.push_back(-0.2);
  }
  return ChangedPairs(pairs);
}

double density(double before, double after, double lambda, double sigma, const ChangeModelOptions& options,
               bool with_flip = false) {
  const auto model = make_model(table_with(before, after, with_flip), PowerGeometry{lambda}, options);
  std::vector<double> out(model->size());
  model->log_likelihoods(sigma, out);
  return std::exp(out.front());
}

TEST(ChangeModel, IsADensityOfWhatIsSeen) {
  for (const double limit : {0.0, 0.4}) {
    const ChangeModelOptions options{.measurement = {.detection_limit = limit}};
    for (const double lambda : {-0.5, 0.0, 0.5, 1.0, 2.0}) {
      if (lambda < 0 && limit == 0) continue;  // sizes may then be lost at infinity
      const auto p = [&](double after) { return density(0.6, after, lambda, 0.4, options); };
      EXPECT_NEAR(integral(p, limit > 0 ? limit : 1e-9, 1e4), 1, 3e-3) << lambda << " " << limit;
    }
  }
}

TEST(ChangeModel, CountsBothSignsWhereSizesMayFlip) {
  const auto p = [&](double after) { return density(0.6, after, 1.5, 0.4, {}); };
  const auto flipped = [&](double after) { return density(0.6, -after, 1.5, 0.4, {}); };
  EXPECT_NEAR(integral(p, 1e-9, 1e3) + integral(flipped, 1e-9, 1e3), 1, 2e-2);
}

TEST(ChangeModel, WithNoiseIsADensityOfTheMeasuredSize) {
  for (const double lambda : {0.0, 1.0, 2.0}) {
    const ChangeModelOptions options{.measurement = {.cv = 0.1}};
    const auto p = [&](double after) { return density(1.2, after, lambda, 0.2, options); };
    EXPECT_NEAR(integral(p, 0.05, 10), 1, 5e-3) << lambda;
  }
}

TEST(ChangeModel, WithVanishingNoiseIsTheOneWithout) {
  const ChangeModelOptions noisy{.measurement = {.cv = 1e-3, .detection_limit = 0}};
  const ChangeModelOptions exact{.measurement = {.detection_limit = 0}};
  for (const double lambda : {0.0, 1.0, 2.0}) {
    for (const double after : {0.8, 1.1, 1.6}) {
      EXPECT_NEAR(density(1, after, lambda, 0.3, noisy) / density(1, after, lambda, 0.3, exact), 1, 2e-3);
    }
  }
}

TEST(ChangeModel, FitsTheSpreadOfTheGreatestLikelihood) {
  const ChangedPairs pairs(simulate_pairs({.n = 500, .potential = "2-norm", .change = 0.5, .seed = 3}).pairs);
  for (const double cv : {0.0, 0.05}) {
    const auto model =
        make_model(pairs, PowerGeometry{1}, {.measurement = {.cv = cv, .detection_limit = 0.0}});
    const SpreadFit fit = model->fit();
    std::vector<double> out(model->size());
    for (const double factor : {0.98, 1.0, 1.02}) {
      model->log_likelihoods(factor * fit.sigma, out);
      const double total = std::accumulate(out.begin(), out.end(), 0.0);
      if (factor == 1.0) {
        EXPECT_NEAR(total, fit.log_likelihood, 1e-6);
      } else {
        EXPECT_LT(total, fit.log_likelihood);
      }
    }
  }
}

TEST(ChangeModel, OfAPNormIsThatOfItsPower) {
  const ChangedPairs pairs(simulate_pairs({.n = 200, .potential = "3-norm", .seed = 8}).pairs);
  const ChangeModelOptions options{.measurement = {.detection_limit = 0.0}};
  EXPECT_NEAR(make_model(pairs, PotentialGeometry{parse_potential("3-norm")}, options)->fit().log_likelihood,
              make_model(pairs, PowerGeometry{2}, options)->fit().log_likelihood, 1e-6);
}

TEST(ChangeModel, DoesNotDependOnTheUnitOfTheSizes) {
  auto pairs = simulate_pairs({.n = 200, .potential = "2-norm", .seed = 8}).pairs;
  const ChangedPairs plain(pairs);
  for (auto* sizes : {&pairs.before, &pairs.after}) {
    for (double& size : *sizes) size *= 1000;
  }
  const ChangedPairs scaled(pairs);
  for (const double cv : {0.0, 0.1}) {
    const ChangeModelOptions options{.measurement = {.cv = cv, .detection_limit = 0.0}};
    const auto difference = [&](double lambda) {
      return make_model(plain, PowerGeometry{lambda}, options)->fit().log_likelihood -
             make_model(scaled, PowerGeometry{lambda}, options)->fit().log_likelihood;
    };
    EXPECT_NEAR(difference(0.3), difference(1.4), 1e-3);
  }
}

TEST(ChangedPairs, CountWhatTellsNothing) {
  const ChangedPairs pairs({.before = {1, 0, 2, 3, -1, 4, NAN}, .after = {2, 1, 2, 0, 1, 5, 1}});
  EXPECT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs.zeros(), 3);
  EXPECT_EQ(pairs.unchanged(), 1);
  EXPECT_EQ(pairs.flips(), 1);
  EXPECT_TRUE(pairs.any_negative());
}

}  // namespace
}  // namespace mirrortune
