#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiment/detail/run_state.h"
#include "experiment/run.h"
#include "train/images.h"
#include "train/trial.h"

namespace mirrortune {

/// The trainings of one cell: its search, then its trials, which several threads may run at once.
class CellRun {
 public:
  /// The group's images are decoded. Rows of the setup are kept up to date with the trials.
  CellRun(RunState& run, const CellSetup& cell);

  const std::string& name() const { return cell_.options.name; }
  /// Seeds of the trials that are left.
  const std::vector<std::uint64_t>& seeds() const { return cell_.todo; }
  /// Chooses how the cell is computed.
  void prepare();
  /// How many trainings of the cell side by side are fastest here, up to `most`: by a measurement, or by an
  /// earlier start's. After `prepare`.
  int trainings_side_by_side(int most);
  /// Finds what the trials train with. False if the search failed; the observer has heard why.
  bool find_rate();
  /// Runs a trial, after find_rate. False if it failed.
  bool run_trial(std::uint64_t seed);

 private:
  /// What the trials of the cell train with, and what a person should know of it.
  struct Rate {
    std::optional<double> lr = {};  ///< none if all rates diverged
    int epochs = 0;
    std::vector<std::string> notes = {};
    std::string failure = {};  ///< why there is no rate, if the search failed
  };

  void choose_plan();
  /// The claim of the manifest, with the compute records as other shards have left them there. Under the
  /// mutex.
  Claims::Claim claim_manifest();
  /// Under that claim and the mutex.
  void write_record(ComputeRecord record);
  void record_steps(const TrainingResult& training);
  DeviceImages device_images(const SubsetKey& key) const;
  Rate search_rate();
  Rate search();
  SearchResult run_search(const std::filesystem::path& folder);
  /// The record of a trial that another shard has finished meanwhile.
  std::optional<Json> finished_by_another(std::uint64_t seed) const;
  /// Runs the trial and records it; a trial that throws is recorded as failed.
  TrialRow record_trial(const TrialDescription& trial);
  /// Trains and writes the trial's files; returns its record.
  Json finish_trial(const TrialDescription& trial);
  Json fail_trial(const TrialDescription& trial, const std::string& why);
  /// Of the search or the trial in this folder; `training` says which of its trainings.
  CheckpointOptions checkpoints(const std::filesystem::path& folder, const Identity& identity,
                                const std::string& training) const;
  TrialOptions trial_options(const TrialDescription& trial) const;
  TrainingOptions training_options(std::uint64_t seed) const;
  void update(const TrialRow& row);
  void note(const std::string& text);

  RunState& run_;
  RunSetup& setup_;
  const CellSetup& cell_;
  torch::Device device_;
  std::string compute_key_;
  ComputePlan plan_;
  std::optional<DeviceImages> holdout_;
  Rate rate_;
};

}  // namespace mirrortune
