#include "theory/linreg.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "analysis/potentials.h"
#include "analysis/statistics.h"
#include "base/text.h"

#include "theory/detail/regression_draw.h"
#include "theory/detail/regression_solution.h"
#include "theory/detail/regression_training.h"

namespace mirrortune {
namespace {

using detail::RegressionData;
using detail::RegressionDraw;
using detail::RegressionTraining;

/// The regressions of one D and exponent on the data of one c.
struct Size {
  std::int64_t D, N;
  double exponent, c;
};

/// What the search found for a potential.
struct Winner {
  double lr, loss;
  int epochs;
};

/// One regression, whatever its potential.
struct Regression {
  Size size;
  std::int64_t seed;
  RegressionData data;
  std::vector<float> start;
  double error_spread = 0;  ///< √(Σ (y − Xw0)²/Var x): of the theorem, without the weights' mobility
};

double error_spread(const RegressionData& data, std::span<const float> start) {
  double sum = 0, squares = 0, errors = 0;
  for (std::int64_t row = 0; row < data.rows; ++row) {
    const float* x = data.inputs + row * data.stride;
    double output = 0;
    for (std::int64_t i = 0; i < data.columns; ++i) {
      sum += x[i];
      squares += double{x[i]} * x[i];
      output += double{x[i]} * start[static_cast<std::size_t>(i)];
    }
    errors += (data.labels[row] - output) * (data.labels[row] - output);
  }
  const double count = static_cast<double>(data.rows) * static_cast<double>(data.columns);
  const double variance = squares / count - (sum / count) * (sum / count);
  return std::sqrt(errors / variance);
}

double spread_by_theorem(const Regression& regression, const Potential& potential) {
  if (second_derivative(potential, 0) == 0) return kUndefined;  // the mean of 1/φ'' does not exist
  double mobility = 0;
  for (const float w : regression.start) mobility += 1 / second_derivative(potential, w);
  return regression.error_spread / mobility;  // Σ errors is N times their mean, Σ 1/φ'' is D times h
}

class Experiment {
 public:
  Experiment(const LinregOptions& options, const LinregProgress& progress)
      : progress_(progress), potentials_(potentials_named(options.potentials)) {
    result_.options = options;
    result_.options.potentials.clear();
    for (const auto& potential : potentials_) result_.options.potentials.push_back(to_text(potential));
    for (const double c : options.correlation_powers) {
      for (const double exponent : options.exponents) {
        for (const std::int64_t D : options.dimensions) {
          sizes_.push_back({.D = D, .N = LinregOptions::samples(D, exponent), .exponent = exponent, .c = c});
          work_ += work_of(sizes_.back()) * static_cast<double>(options.seeds + (options.train ? 1 : 0));
        }
      }
    }
  }

  Linreg run() {
    for (const double c : options().correlation_powers) {
      if (options().train) search(c);
      for (std::int64_t seed = 0; seed < options().seeds; ++seed) {
        const auto draw = draw_of(c, seed);
        for (const auto& size : sizes_of(c)) {
          tell(fmt::format("D = {}, N = {}, c = {:g}, seed {}", size.D, size.N, c, seed));
          const Regression regression = regression_of(draw, size, seed);
          if (options().train) train(regression);
          if (options().solve) solve(regression);
          done_ += work_of(size);
        }
      }
    }
    add_notes();
    return std::move(result_);
  }

 private:
  const LinregOptions& options() const { return result_.options; }
  static double work_of(const Size& size) { return static_cast<double>(size.D * size.N) + 1e5; }
  void tell(const std::string& now) const {
    if (progress_) progress_(done_ / work_, now);
  }

  std::vector<Size> sizes_of(double c) const {
    std::vector<Size> sizes;
    for (const auto& size : sizes_) {
      if (size.c == c) sizes.push_back(size);
    }
    return sizes;
  }

  RegressionDraw draw_of(double c, std::int64_t number) const {
    tell(fmt::format("drawing data, c = {:g}", c));
    detail::RegressionDataSet which{.seed = options().seed,
                                    .inputs = options().inputs,
                                    .c = c,
                                    .number = number,
                                    .rows = 0,
                                    .columns = 0,
                                    .threads = options().threads};
    for (const auto& size : sizes_) {
      which.rows = std::max(which.rows, size.N);
      which.columns = std::max(which.columns, size.D);
    }
    return draw_regression(which);
  }

  /// The rates of all potentials, on a data set of its own, side by side; longer and longer for those that
  /// do not get to the target.
  void search(double c) {
    const auto draw = draw_of(c, options().seeds);
    for (const auto& size : sizes_of(c)) {
      std::vector<std::string> open = options().potentials;
      auto& winners = winners_[{c, size.exponent, size.D}];
      for (int extension = 0; extension <= options().extend_times && !open.empty(); ++extension) {
        const int epochs = options().epochs + extension * options().extend_epochs;
        tell(fmt::format("search: D = {}, N = {}, c = {:g}, {} epochs", size.D, size.N, c, epochs));
        for (const auto& [potential, winner] : search_once(draw, size, open, epochs))
          winners[potential] = winner;
        std::erase_if(open, [&](const auto& potential) {
          return winners.contains(potential) && winners.at(potential).loss < options().target_loss;
        });
      }
      done_ += work_of(size);
    }
  }

  std::map<std::string, Winner> search_once(const RegressionDraw& draw, const Size& size,
                                            const std::vector<std::string>& open, int epochs) const {
    std::vector<RegressionTraining> trainings;
    for (const auto& potential : open) {
      for (const double lr : options().lrs)
        trainings.push_back({.potential = potential, .lr = lr, .epochs = epochs});
    }
    const auto start = draw.start_of(size.D);
    const auto trained = detail::train_regressions(setting_of(draw.part(size.N, size.D), start), trainings);
    std::map<std::string, Winner> winners;
    for (std::size_t i = 0; i < trained.size(); ++i) {
      if (!std::isfinite(trained[i].loss)) continue;
      const auto& [potential, lr, its_epochs] = trainings[i];
      const auto best = winners.find(potential);
      if (best != winners.end() && best->second.loss <= trained[i].loss) continue;
      winners[potential] = {.lr = lr, .loss = trained[i].loss, .epochs = its_epochs};
    }
    return winners;
  }

  detail::RegressionSetting setting_of(const RegressionData& data, std::span<const float> start) const {
    return {.data = data, .start = start, .momentum = options().momentum, .threads = options().threads};
  }

  Regression regression_of(const RegressionDraw& draw, const Size& size, std::int64_t seed) const {
    Regression regression{
        .size = size, .seed = seed, .data = draw.part(size.N, size.D), .start = draw.start_of(size.D)};
    regression.error_spread = error_spread(regression.data, regression.start);
    return regression;
  }

  void train(const Regression& regression) {
    const Size& size = regression.size;
    const auto& winners = winners_.at({size.c, size.exponent, size.D});
    std::vector<RegressionTraining> trainings;
    for (const auto& [potential, winner] : winners) {
      trainings.push_back({.potential = potential, .lr = winner.lr, .epochs = winner.epochs});
    }
    const auto trained = detail::train_regressions(setting_of(regression.data, regression.start), trainings);
    for (std::size_t k = 0; k < potentials_.size(); ++k) {
      LinregRow row = row_of(regression, k);
      for (std::size_t i = 0; i < trained.size(); ++i) {
        if (trainings[i].potential != row.potential) continue;
        row.solution = RegressionSolution::trained;
        row.lr = trainings[i].lr;
        row.epochs = trainings[i].epochs;
        row.loss = std::isfinite(trained[i].loss) ? trained[i].loss : kUndefined;
        const std::vector<double> weights(trained[i].weights.begin(), trained[i].weights.end());
        if (std::isfinite(row.loss)) evaluate(row, k, regression.start, weights);
      }
      result_.rows.push_back(std::move(row));
    }
  }

  void solve(const Regression& regression) {
    for (std::size_t k = 0; k < potentials_.size(); ++k) {
      LinregRow row = row_of(regression, k);
      row.solution = RegressionSolution::exact;
      if (const auto solved = solve_regression(regression.data, regression.start, potentials_[k])) {
        row.loss = solved->loss;
        evaluate(row, k, regression.start, solved->weights);
      }
      result_.rows.push_back(std::move(row));
    }
  }

  LinregRow row_of(const Regression& regression, std::size_t k) const {
    const Size& size = regression.size;
    return {.solution = RegressionSolution::trained,
            .potential = options().potentials[k],
            .D = size.D,
            .N = size.N,
            .exponent = size.exponent,
            .c = size.c,
            .seed = regression.seed,
            .lr = kUndefined,
            .epochs = 0,
            .delta_cdf = kUndefined,
            .magnitude = kUndefined,
            .spread = kUndefined,
            .spread_predicted = spread_by_theorem(regression, potentials_[k]),
            .loss = kUndefined,
            .sign_flips = kUndefined};
  }

  /// What the change from `start` to `weights` shows under potential `k`.
  void evaluate(LinregRow& row, std::size_t k, std::span<const float> start,
                std::span<const double> weights) const {
    std::vector<double> changes;
    double change_squares = 0, start_squares = 0, flips = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double before = to_dual(potentials_[k], start[i]);
      const double change = to_dual(potentials_[k], weights[i]) - before;
      flips += start[i] * weights[i] < 0;
      if (!std::isfinite(change)) continue;
      changes.push_back(change);
      change_squares += change * change;
      start_squares += before * before;
    }
    const auto statistics = change_statistics(changes);
    row.delta_cdf = statistics.delta_cdf;
    row.spread = statistics.sd;
    row.magnitude = std::sqrt(change_squares / start_squares);
    row.sign_flips = flips / static_cast<double>(weights.size());
  }

  void add_notes();

  const LinregProgress& progress_;
  std::vector<Potential> potentials_;
  std::vector<Size> sizes_;
  std::map<std::tuple<double, double, std::int64_t>, std::map<std::string, Winner>> winners_;
  Linreg result_;
  double work_ = 0, done_ = 0;
};

void Experiment::add_notes() {
  for (const auto solution : {RegressionSolution::trained, RegressionSolution::exact}) {
    std::int64_t all = 0, lost = 0, above = 0;
    for (const auto& row : result_.rows) {
      if (row.solution != solution) continue;
      ++all;
      lost += std::isnan(row.loss);
      above += row.loss > options().target_loss;
    }
    const char* what =
        solution == RegressionSolution::trained ? "diverged" : "have no exact solution that was found";
    if (lost > 0) result_.notes.push_back(fmt::format("{} of {} regressions {}", lost, all, what));
    if (above > 0) {
      result_.notes.push_back(fmt::format("{} of {} trained regressions end with a loss above {:g}", above,
                                          all, options().target_loss));
    }
  }
  for (const auto& potential : potentials_) {
    if (second_derivative(potential, 0) != 0) continue;
    result_.notes.push_back(
        fmt::format("theorem 1 predicts no spread under {}: the mean of 1/φ''(w0) diverges for normal w0",
                    to_text(potential)));
  }
}

}  // namespace

Linreg run_linreg(const LinregOptions& options, const LinregProgress& progress) {
  check(options);
  return Experiment(options, progress).run();
}

}  // namespace mirrortune
