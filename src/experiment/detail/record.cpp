#include "experiment/detail/record.h"

#include <ATen/Version.h>
#include <torch/version.h>

namespace mirrortune {
namespace {

Json number_or_null(const std::optional<double>& value) {
  return value ? mirrortune::number_or_null(*value) : Json(nullptr);
}

Json counts_of(const StepCounts& counts) {
  return {{"zeros", counts.zeros},
          {"sign_flips", counts.sign_flips},
          {"clamped", counts.clamped},
          {"skipped", counts.skipped}};
}

}  // namespace

Json versions() { return {{"mirrortune", MIRRORTUNE_VERSION}, {"libtorch", TORCH_VERSION}}; }

std::map<std::string, std::string> environment(const Machine& machine) {
  return {{"device", machine.device},
          {"threads", std::to_string(machine.threads)},
          {"instructions", at::get_cpu_capability()},
          {"mirrortune", MIRRORTUNE_VERSION},
          {"libtorch", TORCH_VERSION}};
}

Json trial_record(const TrialDescription& trial, TrialState state, const TrialResult* result) {
  const auto measured = [&](auto member) -> Json {
    return result ? number_or_null(std::optional<double>(member(*result))) : Json(nullptr);
  };
  Json record;
  record["schema"] = 1;
  record["cell"] = trial.cell.name;
  record["model"] = trial.cell.model.name;
  record["potential"] = trial.cell.potential;
  record["seed"] = trial.seed;
  record["state"] = to_text(state);
  record["lr"] = number_or_null(trial.lr);
  record["epochs"] = trial.epochs;
  record["identity_sha256"] = sha256_of(trial.identity);
  record["identity"] = trial.identity;
  record["head"] = trial.head;
  record["train_loss"] = measured([](const TrialResult& r) { return r.after.loss; });
  record["train_accuracy"] = measured([](const TrialResult& r) { return r.after.accuracy; });
  record["holdout_accuracy"] = number_or_null(result ? result->holdout_accuracy_after : std::nullopt);
  record["pretrained_holdout_accuracy"] =
      number_or_null(result ? result->holdout_accuracy_before : std::nullopt);
  record["pretrained_train_accuracy"] = measured([](const TrialResult& r) { return r.before.accuracy; });
  record["seconds"] = result ? result->seconds : 0.0;
  record["steps"] = result ? result->training.steps : 0;
  record["counts"] = counts_of(result ? result->training.counts : StepCounts{});
  record["threads"] = trial.machine.threads;
  record["device"] = trial.machine.device;
  record["versions"] = versions();
  record["weights_sha256"] = trial.identity.at("model.weights_sha256");
  return record;
}

Json search_record(const Identity& identity, const SearchOptions& options, const SearchResult* result) {
  Json record;
  record["schema"] = 1;
  record["identity_sha256"] = sha256_of(identity);
  record["identity"] = identity;
  if (!result) {
    record["state"] = to_text(TrialState::running);
  } else if (!result->winner) {
    record["state"] = to_text(TrialState::diverged);
  } else {
    const auto& winner = *result->winner;
    const bool missed = winner.train_accuracy < options.target_accuracy;
    record["state"] = to_text(missed ? TrialState::below_target : TrialState::done);
    record["lr"] = winner.lr;
    record["epochs"] = winner.epochs;
    record["train_accuracy"] = number_or_null(winner.train_accuracy);
    record["at_edge"] = winner.at_edge;
  }
  return record;
}

}  // namespace mirrortune
