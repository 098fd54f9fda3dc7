#include "theory/spines.h"

#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "support/paths.h"

#include "theory/spine_volumes.h"

namespace mirrortune {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct MeanAndSd {
  double mean, sd;
};

MeanAndSd of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / n)};
}

/// Of n Gaussian values at their own mean and sd.
double gaussian_log_likelihood(double n, double sd) {
  return -n / 2 * (std::log(2 * std::numbers::pi * sd * sd) + 1);
}

/// Volumes whose `of` has exactly this mean and sd.
std::vector<double> volumes_with(MeanAndSd wanted, double (*to)(double), double (*from)(double)) {
  std::vector<double> values;
  for (const double volume : simulate_spine_volumes(kPublishedSpines, 0).volumes)
    values.push_back(to(volume));
  const MeanAndSd found = of(values);
  for (double& value : values) value = from(wanted.mean + (value - found.mean) * wanted.sd / found.sd);
  return values;
}

TEST(FitSpines, GivesThePublishedLikelihoodsOfOnePointMassFromThePublishedMoments) {
  const SpineOptions one{.point_masses = {1}, .starts = 1};
  const auto logs = volumes_with(
      {-2.913, .836}, [](double w) { return std::log(w); }, [](double x) { return std::exp(x); });
  const double rounding = kPublishedSpines * (.0005 + .0005 / .836);
  EXPECT_NEAR(fit_spines(logs, one)[0].log_likelihood, 3282, rounding);
  // Under the 2-norm only the spread matters: a table of two values has it too.
  std::vector<double> volumes;
  for (int i = 0; i < kPublishedSpines; ++i) volumes.push_back(i % 2 == 0 ? .16 : .001);
  const double scale = .0820 / of(volumes).sd;
  for (double& w : volumes) w *= scale;
  EXPECT_NEAR(fit_spines(volumes, {.potentials = {"2-norm"}, .point_masses = {1}})[0].log_likelihood, 2123,
              kPublishedSpines * .00005 / .0820);
}

TEST(FitSpines, HasTheClosedFormsOfOnePointMass) {
  const auto volumes = simulate_spine_volumes(500, 3).volumes;
  const auto fits =
      fit_spines(volumes, {.potentials = {"negative_entropy", "2-norm", "3-norm"}, .point_masses = {1}});
  std::vector<double> logs, squares;
  double log_sum = 0, log_slopes = 0;
  for (const double w : volumes) {
    logs.push_back(std::log(w));
    squares.push_back(w * w);
    log_sum += std::log(w);
    log_slopes += std::log(2 * w);
  }
  const MeanAndSd log = of(logs), plain = of(volumes), square = of(squares);
  EXPECT_NEAR(fits[0].log_likelihood, gaussian_log_likelihood(500, log.sd) - log_sum, 1e-6);
  EXPECT_NEAR(fits[0].points[0], std::exp(log.mean), 1e-9);
  EXPECT_EQ(fits[0].mass_below_zero, 0);
  EXPECT_NEAR(fits[1].log_likelihood, gaussian_log_likelihood(500, plain.sd), 1e-6);
  EXPECT_NEAR(fits[1].sigma, plain.sd, 1e-9);
  EXPECT_NEAR(fits[1].mass_below_zero, std::erfc(plain.mean / plain.sd / std::numbers::sqrt2) / 2, 1e-9);
  EXPECT_NEAR(fits[2].log_likelihood, gaussian_log_likelihood(500, square.sd) + log_slopes, 1e-6);
  EXPECT_NEAR(fits[2].points[0], std::sqrt(square.mean), 1e-9);
}

TEST(FitSpines, FindsTheModelThatMadeTheVolumes) {
  const auto volumes = simulate_spine_volumes(20'000, 1).volumes;
  const auto fits = fit_spines(volumes, {.point_masses = {2}, .starts = 3, .threads = 0});
  EXPECT_NEAR(fits[0].sigma, .540, .01);
  EXPECT_NEAR(fits[0].points[0] / .0371, 1, .03);
  EXPECT_NEAR(fits[0].points[1] / .1587, 1, .05);
  EXPECT_NEAR(fits[0].weights[0], .739, .03);
  EXPECT_NEAR(fits[0].weights[0] + fits[0].weights[1], 1, 1e-12);
  EXPECT_GT(fits[0].log_likelihood, fits[1].log_likelihood + 1000);
  EXPECT_GT(fits[1].log_likelihood, fits[2].log_likelihood + 1000);
}

TEST(FitSpines, NeverLosesByAnotherPointMass) {
  const auto volumes = simulate_spine_volumes(300, 2).volumes;
  const auto fits =
      fit_spines(volumes, {.potentials = {"2-norm"}, .point_masses = {1, 2, 3, 5, 8}, .threads = 0});
  for (std::size_t i = 1; i < fits.size(); ++i) {
    EXPECT_GE(fits[i].log_likelihood, fits[i - 1].log_likelihood - 1e-3);
    EXPECT_LT(fits[i].mass_below_zero, fits[i - 1].mass_below_zero);
  }
}

class SpinePotentials : public testing::TestWithParam<std::string> {};

TEST_P(SpinePotentials, HaveADensityOfTotalOne) {
  const auto volumes = simulate_spine_volumes(400, 5).volumes;
  const auto fit = fit_spines(volumes, {.potentials = {GetParam()}, .point_masses = {2}, .starts = 4})[0];
  constexpr int kSteps = 20'000;
  constexpr double kEnd = 8;
  double below = 0, above = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double w = kEnd * std::pow((i + .5) / kSteps, 2), step = 2 * kEnd * (i + .5) / kSteps / kSteps;
    above += spine_density(fit, w) * step;
    below += spine_density(fit, -w) * step;
  }
  EXPECT_NEAR(below, fit.mass_below_zero, 1e-4);
  EXPECT_NEAR(above + below, 1, 1e-4);
  double log_likelihood = 0;
  for (const double w : volumes) log_likelihood += std::log(spine_density(fit, w));
  EXPECT_NEAR(log_likelihood, fit.log_likelihood, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, SpinePotentials,
                         testing::Values("negative_entropy", "1.5-norm", "2-norm", "3-norm",
                                         "smooth_power(lambda=0.5,beta=0.01)", "hypentropy(beta=0.02)",
                                         "logistic(max=8)", "l2_plus_3norm(a=1,b=5)"));

TEST(FitSpines, HasTheSameBitsForAnyNumberOfThreads) {
  const auto volumes = simulate_spine_volumes(200, 7).volumes;
  SpineOptions options{.point_masses = {3}};
  const auto one = fit_spines(volumes, options);
  options.threads = 4;
  const auto four = fit_spines(volumes, options);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].log_likelihood, four[i].log_likelihood);
    EXPECT_EQ(one[i].points, four[i].points);
  }
}

TEST(FitSpines, RefusesWhatItCannotFit) {
  const std::vector<double> volumes = {.01, .02, .02, .1};
  const auto refusal = [&](const SpineOptions& options) -> std::string {
    try {
      fit_spines(volumes, options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal({.point_masses = {0}}), HasSubstr("0 point masses"));
  EXPECT_THAT(refusal({.point_masses = {3}}), HasSubstr("3 point masses for 3 different volumes"));
  EXPECT_THAT(refusal({.point_masses = {}}), HasSubstr("no number of point masses"));
  EXPECT_THAT(refusal({.point_masses = {1}, .starts = 0}), HasSubstr("starts is 0"));
  EXPECT_THAT(refusal({.potentials = {}, .point_masses = {1}}), HasSubstr("no potential"));
  EXPECT_THAT(refusal({.potentials = {"1-norm"}, .point_masses = {1}}), HasSubstr("1-norm"));
  EXPECT_THAT(refusal({.potentials = {"bounded(max=0.05)"}, .point_masses = {1}}),
              HasSubstr("outside the domain"));
}

class SpineTable : public testing::Test {
 protected:
  SpineVolumes read(const std::string& text, const SpineTableOptions& options = {}) const {
    write_file(folder_ / "spines.csv", text);
    return read_spine_volumes(folder_ / "spines.csv", options);
  }
  std::string refusal(const std::string& text, const SpineTableOptions& options = {}) const {
    try {
      read(text, options);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }

  test::TemporaryFolder folder_;
};

TEST_F(SpineTable, GivesThePositiveNumbersAndCountsTheOthers) {
  const SpineVolumes volumes = read("id,spine_vol_um3\n1,0.05\n2,\n3,nan\n4,-1\n5,0\n6,inf\n7, 0.2\n");
  EXPECT_EQ(volumes.volumes, (std::vector<double>{0.05, 0.2}));
  EXPECT_FALSE(volumes.published);
  EXPECT_THAT(volumes.notes,
              Contains(HasSubstr("5 of 7 rows are left out: 3 without a finite number, 2 with")));
  EXPECT_THAT(volumes.notes, Contains(HasSubstr("not the published table: its MD5 is " + volumes.md5)));
}

TEST_F(SpineTable, TakesAnotherColumnAndRefusesAnotherTableWhenAsked) {
  EXPECT_EQ(read("volume\n3\n", {.column = "volume"}).volumes, std::vector<double>{3});
  EXPECT_THAT(refusal("spine_vol_um\n3\n"), HasSubstr("did you mean 'spine_vol_um'?"));
  EXPECT_THAT(refusal("spine_vol_um3\n-3\nx\n"), HasSubstr("no row has a number above 0"));
  EXPECT_THAT(refusal("spine_vol_um3\n3\n", {.require_published = true}), HasSubstr(kPublishedSpinesMd5));
  EXPECT_THROW(read_spine_volumes(folder_ / "absent.csv", {}), MissingError);
}

TEST(SimulatedSpines, BeginWithTheSameOnesWhateverTheirNumber) {
  const auto few = simulate_spine_volumes(10, 4).volumes, many = simulate_spine_volumes(20, 4).volumes;
  EXPECT_TRUE(std::ranges::equal(few, std::span(many).first(10)));
  EXPECT_NE(few, simulate_spine_volumes(10, 5).volumes);
  EXPECT_THROW(simulate_spine_volumes(0, 0), UsageError);
}

}  // namespace
}  // namespace mirrortune
