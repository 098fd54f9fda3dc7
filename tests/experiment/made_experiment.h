#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "dataset/synth.h"
#include "experiment/options.h"
#include "experiment/run.h"
#include "support/paths.h"

namespace mirrortune::test {

/// Keeps what a run tells.
class RunRecorder : public RunObserver {
 public:
  void on_plan(std::span<const PlannedTrial> plan) override { planned.assign(plan.begin(), plan.end()); }
  void on_training(const TrainingStart& start) override { trainings.push_back(start); }
  void on_search(const std::string&, const SearchResult& result) override { searches.push_back(result); }
  void on_trial(const TrialRow& row) override { trials.push_back(row); }
  void on_step(const TrainingStart&, const StepProgress&) override { ++steps; }
  void on_epoch(const TrainingStart&, const EpochMetrics&) override { ++epochs; }
  void on_note(const std::string& note) override { notes.push_back(note); }

  std::vector<PlannedTrial> planned;
  std::vector<TrainingStart> trainings;
  std::vector<SearchResult> searches;
  std::vector<TrialRow> trials;
  std::vector<std::string> notes;
  int steps = 0;
  int epochs = 0;
};

/// A small experiment on made-up images: ShuffleNetV2 x0.5 from random weights, 24 images at 32×32, two
/// epochs.
class MadeExperiment {
 public:
  /// In `root`, or in a temporary folder of its own.
  explicit MadeExperiment(const std::filesystem::path& root = {})
      : root_(root.empty() ? folder_.path() : root) {
    if (!std::filesystem::exists(root_ / "images")) write_synth(root_ / "images", {.count = 96, .seed = 1});
    options.name = "made";
    options.seeds = {0, 1};
    options.output_root = root_ / "runs";
    options.resolved_yaml = "name: made\n";
    for (const char* potential : {"negative_entropy", "2-norm"}) options.cells.push_back(cell(potential));
  }

  CellOptions cell(const std::string& potential) const {
    CellOptions result;
    result.name = "shufflenet_v2_x0_5__" + potential;
    result.potential = potential;
    result.model = {.name = "shufflenet_v2_x0_5", .weights = "none", .classes = 16};
    result.data.root = root_ / "images";
    result.data.resolution = 32;
    result.data.crop_ratio = 1.0;
    result.data.holdout = 16;
    result.data.subset.count = 24;
    result.train.epochs = 2;
    result.train.batch_size = 16;
    result.lr.fixed = 0.1;
    result.identity = {{"model", result.model.name}, {"potential", potential}, {"train.epochs", "2"}};
    return result;
  }

  RunSummary run(const RunRequest& request = {.threads = 2}) {
    recorder = {};
    return run_experiment(options, request, recorder);
  }

  std::filesystem::path run_folder() const { return options.output_root / options.name; }
  std::filesystem::path trial(const std::string& potential, const std::string& seed) const {
    return run_folder() / "cells" / ("shufflenet_v2_x0_5__" + potential) / seed;
  }
  Json record(const std::string& potential, const std::string& seed) const {
    return read_json(trial(potential, seed) / "trial.json");
  }
  const std::filesystem::path& root() const { return root_; }

  ExperimentOptions options;
  RunRecorder recorder;

 private:
  TemporaryFolder folder_;
  std::filesystem::path root_;
};

}  // namespace mirrortune::test
