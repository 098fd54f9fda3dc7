#pragma once

#include <optional>
#include <vector>

#include "train/state.h"

namespace mirrortune {

/// One training of a learning-rate search: a row of lr_search.csv.
struct SearchTraining {
  int epochs = 0;
  double lr = 0;
  double final_loss = 0;      ///< sum of the batch losses of the last epoch; NaN or infinite if diverged
  double train_accuracy = 0;  ///< in eval mode, on the search's images; NaN if diverged or an encoder
  TrialState state = TrialState::pending;  ///< done, below_target or diverged
};

/// What a search chose.
struct SearchWinner {
  double lr = 0;
  int epochs = 0;
  double train_accuracy = 0;  ///< NaN for an encoder
  bool at_edge = false;       ///< the smallest or the largest of several rates: a better one may lie outside
};

struct SearchResult {
  std::vector<SearchTraining> trainings = {};  ///< in the order in which they ran
  std::optional<SearchWinner> winner = {};     ///< none if every training of the last round diverged
};

}  // namespace mirrortune
