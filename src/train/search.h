#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "train/checkpoint.h"
#include "train/options.h"
#include "train/search_record.h"
#include "train/start.h"
#include "train/training.h"

namespace mirrortune {

/// What decides a search.
struct SearchRequest {
  TrainingOptions
      training;  ///< what its trainings share; lr is not read, epochs are those of the first round
  SearchOptions search = {};
  CheckpointOptions checkpoints = {};  ///< the key of each training is this key with its rate and epochs
  std::vector<SearchTraining> done =
      {};  ///< trainings of an interrupted search, in their order: not run again
  std::function<void(const SearchTraining&)> before_training = {};  ///< knows lr and epochs
  std::function<void(const SearchTraining&)> after_training = {};
};

/// Learning-rate search as published (protocol.md, "Search"): one training from the start with each rate; the
/// winner has the lowest summed loss of its last epoch, a diverged one has lost. While the winner's accuracy
/// on its images is under the target, all is repeated with `extend_epochs` more epochs, at most
/// `extend_times`, unless every rate diverged. With `smallest_reaching_target` the winner is the smallest
/// rate that reaches the target; while there is none the search is extended likewise, and in the last round
/// the lowest loss wins.
///
/// The running training goes on from its checkpoint; a stop request leaves one more and ends with
/// StoppedError.
SearchResult search_learning_rate(const StartingPoint& start, const DeviceImages& images,
                                  const SearchRequest& request, TrainingObserver& observer);

/// The winner of one round: trainings of one number of epochs, in the order of rates. None if all diverged.
std::optional<SearchWinner> choose_winner(std::span<const SearchTraining> round,
                                          const SearchOptions& options);

}  // namespace mirrortune
