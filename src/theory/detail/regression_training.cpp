#include "theory/detail/regression_training.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include <torch/torch.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "optim/mirror_descent.h"
#include "optim/schedule.h"

namespace mirrortune::detail {
namespace {

/// Full-batch gradients of several models. The rows are summed in parts whose number does not depend on the
/// threads.
class Gradients {
 public:
  Gradients(const RegressionSetting& setting, std::size_t models)
      : setting_(setting),
        parts_(number_of_parts(setting.data, models)),
        sums_(static_cast<std::size_t>(parts_) * models * columns()),
        losses_(static_cast<std::size_t>(parts_) * models) {}

  /// Of Σ(Xw − y)²/N with respect to each w, into `gradients`; returns the losses.
  std::vector<double> compute(const std::vector<const float*>& weights,
                              const std::vector<float*>& gradients) {
    const std::size_t models = weights.size();
    std::fill_n(sums_.begin(), static_cast<std::size_t>(parts_) * models * columns(), 0.0F);
    std::fill_n(losses_.begin(), static_cast<std::size_t>(parts_) * models, 0.0);
    parallel_for(parts_, setting_.threads, [&](std::int64_t part) {
      const auto first = static_cast<std::size_t>(part) * models;
      std::vector<float*> sums;
      for (std::size_t m = 0; m < models; ++m) sums.push_back(sums_.data() + (first + m) * columns());
      const std::int64_t rows = setting_.data.rows;
      add_regression_gradients(setting_.data.part(part * rows / parts_, (part + 1) * rows / parts_), weights,
                               sums, std::span(losses_).subspan(first, models));
    });
    return merged(gradients);
  }

 private:
  std::size_t columns() const { return static_cast<std::size_t>(setting_.data.columns); }

  /// One where threads would cost more than they spare.
  static std::int64_t number_of_parts(const RegressionData& data, std::size_t models) {
    constexpr std::int64_t kWork = 1 << 20, kMost = 8;
    const std::int64_t work = data.rows * data.columns * static_cast<std::int64_t>(models);
    return std::clamp<std::int64_t>(work / kWork, 1, std::min(kMost, data.rows));
  }

  std::vector<double> merged(const std::vector<float*>& gradients) const {
    const auto n = static_cast<double>(setting_.data.rows);
    const auto scale = static_cast<float>(2 / n);
    const std::size_t models = gradients.size();
    std::vector<double> losses(models);
    for (std::size_t m = 0; m < models; ++m) {
      for (std::size_t i = 0; i < columns(); ++i) {
        float sum = 0;
        for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
          sum += sums_[(part * models + m) * columns() + i];
        }
        gradients[m][i] = scale * sum;
      }
      for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
        losses[m] += losses_[part * models + m] / n;
      }
    }
    return losses;
  }

  const RegressionSetting& setting_;
  std::int64_t parts_;
  std::vector<float> sums_;
  std::vector<double> losses_;
};

/// A model's weights and gradient, and its group of the optimiser.
struct Model {
  torch::Tensor weights, gradient;
  std::size_t group;
};

}  // namespace

std::vector<TrainedRegression> train_regressions(const RegressionSetting& setting,
                                                 std::span<const RegressionTraining> trainings) {
  const auto start =
      torch::from_blob(const_cast<float*>(setting.start.data()), {setting.data.columns}, torch::kFloat32);
  std::vector<Model> running;
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (const auto& training : trainings) {
    running.push_back(
        {.weights = start.clone(), .gradient = torch::empty_like(start), .group = groups.size()});
    auto options = std::make_unique<MirrorDescentOptions>(training.lr);
    options->momentum(setting.momentum).potential(training.potential);
    groups.emplace_back(std::vector{running.back().weights}, std::move(options));
  }
  MirrorDescent optimizer(groups, MirrorDescentOptions(/*lr=*/1));
  std::vector<TrainedRegression> trained(trainings.size());
  Gradients gradients(setting, trainings.size());
  const auto keep = [&](const Model& model, double loss) {
    const auto* values = model.weights.data_ptr<float>();
    trained[model.group] = {.weights = {values, values + setting.data.columns}, .loss = loss};
  };
  for (int epoch = 0; !running.empty(); ++epoch) {
    if (stop_requested())
      throw StoppedError({.what = "the regressions were stopped", .todo = "Run them again"});
    std::vector<const float*> weights;
    std::vector<float*> into;
    for (auto& model : running) {
      weights.push_back(model.weights.data_ptr<float>());
      into.push_back(model.gradient.data_ptr<float>());
    }
    const auto losses = gradients.compute(weights, into);
    for (auto& model : running) {
      const auto& training = trainings[model.group];
      model.weights.mutable_grad() = model.gradient;
      optimizer.param_groups()[model.group].options().set_lr(cosine_lr(training.lr, epoch, training.epochs));
    }
    optimizer.step();
    std::vector<Model> left;
    for (std::size_t i = 0; i < running.size(); ++i) {
      running[i].weights.mutable_grad() = torch::Tensor();
      const bool ended = epoch + 1 >= trainings[running[i].group].epochs || !std::isfinite(losses[i]);
      if (ended) {
        keep(running[i], losses[i]);
      } else {
        left.push_back(running[i]);
      }
    }
    running = std::move(left);
  }
  return trained;
}

}  // namespace mirrortune::detail
