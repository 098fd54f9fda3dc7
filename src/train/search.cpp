#include "train/search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "train/detail/kept_training.h"
#include "train/evaluate.h"

namespace mirrortune {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Runs the trainings of a search, or takes them over from the interrupted one.
class Search {
 public:
  Search(const StartingPoint& start, const DeviceImages& images, const SearchRequest& request,
         TrainingObserver& observer)
      : start_(start), images_(images), request_(request), observer_(observer) {}

  SearchTraining next(double lr, int epochs) {
    if (num_run_ < request_.done.size()) return take_over(request_.done[num_run_++], lr, epochs);
    ++num_run_;
    SearchTraining training{.epochs = epochs, .lr = lr, .state = TrialState::running};
    if (request_.before_training) request_.before_training(training);
    train(training);
    if (request_.after_training) request_.after_training(training);
    return training;
  }

 private:
  static SearchTraining take_over(const SearchTraining& done, double lr, int epochs) {
    if (done.lr == lr && done.epochs == epochs) return done;
    throw ResumeError(
        {.what = "cannot go on with the learning-rate search",
         .why = fmt::format("it recorded a training of {} epochs with rate {} where {} epochs with rate "
                            "{} are due",
                            done.epochs, format_number(done.lr), epochs, format_number(lr)),
         .safe = "Nothing was changed",
         .todo = "Remove lr_search.csv to search anew"});
  }

  void train(SearchTraining& training) {
    auto options = request_.training;
    options.lr = training.lr;
    options.epochs = training.epochs;
    auto checkpoints = request_.checkpoints;
    checkpoints.key += fmt::format(" lr={} epochs={}", format_number(training.lr), training.epochs);
    const auto network = start_.make(options.seed, images_.device(), images_.layout());
    KeptTraining kept(*network, images_, options, checkpoints, observer_);
    const auto result = kept.run();
    training.final_loss = result.final_loss();
    const auto after = result.diverged ? Evaluation{kNaN, kNaN} : kept.kept_at_a_stop([&] {
      return evaluate(*network, images_, options.train.batch_size);
    });
    const bool diverged = !std::isfinite(after.loss);
    training.train_accuracy = diverged ? kNaN : after.accuracy;
    training.state = diverged                                                    ? TrialState::diverged
                     : training.train_accuracy < request_.search.target_accuracy ? TrialState::below_target
                                                                                 : TrialState::done;
  }

  const StartingPoint& start_;
  const DeviceImages& images_;
  const SearchRequest& request_;
  TrainingObserver& observer_;
  std::size_t num_run_ = 0;
};

}  // namespace

std::optional<SearchWinner> choose_winner(std::span<const SearchTraining> round,
                                          const SearchOptions& options) {
  const SearchTraining* best = nullptr;
  for (const auto& training : round) {
    if (training.state == TrialState::diverged) continue;
    if (options.select == SearchSelect::smallest_reaching_target &&
        training.train_accuracy >= options.target_accuracy) {
      best = &training;
      break;
    }
    if (!best || training.final_loss < best->final_loss) best = &training;
  }
  if (!best) return std::nullopt;
  return SearchWinner{.lr = best->lr,
                      .epochs = best->epochs,
                      .train_accuracy = best->train_accuracy,
                      .at_edge = round.size() > 1 && (best == &round.front() || best == &round.back())};
}

SearchResult search_learning_rate(const StartingPoint& start, const DeviceImages& images,
                                  const SearchRequest& request, TrainingObserver& observer) {
  Search search(start, images, request, observer);
  SearchResult result;
  int epochs = request.training.epochs;
  for (int round = 0; round <= request.search.extend_times; ++round) {
    const auto first = result.trainings.size();
    for (const double lr : request.search.search) result.trainings.push_back(search.next(lr, epochs));
    result.winner = choose_winner(std::span(result.trainings).subspan(first), request.search);
    // An encoder has no accuracy, and nothing to reach.
    if (!result.winner || !(result.winner->train_accuracy < request.search.target_accuracy)) break;
    epochs += request.search.extend_epochs;
  }
  return result;
}

}  // namespace mirrortune
