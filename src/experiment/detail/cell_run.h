#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiment/detail/run_setup.h"
#include "experiment/run.h"
#include "train/images.h"
#include "train/trial.h"

namespace mirrortune {

/// Runs one cell: its search, then its trials that are left.
class CellRun {
 public:
  /// The group's images are decoded. Rows of `setup` are kept up to date with the trials.
  CellRun(RunSetup& setup, const CellSetup& cell, RunObserver& observer);
  void run();
  /// The search alone. False if it failed; the observer has heard why.
  bool run_search_only();

 private:
  /// What the trials of the cell train with, and what a person should know of it.
  struct Rate {
    std::optional<double> lr;  ///< none if all rates diverged
    int epochs = 0;
    std::vector<std::string> notes;
    std::string failure;  ///< why there is no rate, if the search failed
  };

  /// What comes before the first trial: the search's result, told to the observer.
  Rate begin();
  void choose_plan();
  /// The claim of the manifest, with the compute records as other shards have left them there.
  Claims::Claim claim_manifest();
  /// Under that claim.
  void write_record(ComputeRecord record);
  void record_steps(const TrainingResult& training);
  DeviceImages device_images(const SubsetKey& key) const;
  Rate find_rate();
  Rate search();
  SearchResult run_search(const std::filesystem::path& folder);
  /// The record of a trial that another shard has finished meanwhile.
  std::optional<Json> finished_by_another(std::uint64_t seed) const;
  void run_trial_of(std::uint64_t seed, const Rate& rate);
  /// Trains and writes the trial's files; returns its record.
  Json finish_trial(const TrialDescription& trial, const Rate& rate);
  Json fail_trial(const TrialDescription& trial, const std::string& why);
  /// Of the search or the trial in this folder; `training` says which of its trainings.
  CheckpointOptions checkpoints(const std::filesystem::path& folder, const Identity& identity,
                                const std::string& training) const;
  TrialOptions trial_options(const TrialDescription& trial) const;
  TrainingOptions training_options(std::uint64_t seed) const;
  void update(const TrialRow& row);

  RunSetup& setup_;
  const CellSetup& cell_;
  RunObserver& observer_;
  torch::Device device_;
  std::string compute_key_;
  ComputePlan plan_;
  std::optional<DeviceImages> holdout_;
};

}  // namespace mirrortune
