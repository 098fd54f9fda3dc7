#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "experiment/detail/identity.h"
#include "experiment/options.h"
#include "train/search_record.h"
#include "train/trial.h"

namespace mirrortune {

/// On what a run computes; it is not part of an identity, and is kept on resume.
struct Machine {
  int threads = 0;
  std::string device = {};
};

/// What a trial is, known before it runs.
struct TrialDescription {
  const CellOptions& cell;
  std::uint64_t seed = 0;
  Identity identity = {};
  std::string head = {};  ///< what snapshot_head says of the network
  Machine machine = {};
  std::optional<double> lr = {};  ///< none if every training of the search diverged
  int epochs = 0;
};

/// trial.json. Without a result (it failed, or there is no rate to train with) the measured values are null.
Json trial_record(const TrialDescription& trial, TrialState state, const TrialResult* result);

/// search.json, beside lr_search.csv: what the search belongs to and what it chose.
Json search_record(const Identity& identity, const SearchOptions& options, const SearchResult* result);

/// "mirrortune" and "libtorch".
Json versions();

/// What the bits of a training depend on besides its identity: threads, device, versions, and which
/// instructions LibTorch chooses on this processor.
std::map<std::string, std::string> environment(const Machine& machine);

}  // namespace mirrortune
