#include "experiment/detail/cell_run.h"

#include <algorithm>

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "train/probe.h"
#include "train/search.h"

namespace mirrortune {
namespace {

/// Errors that end the whole run: whatever trial comes next would meet them too. A file of the run directory
/// that cannot be read is as little the trial's fault as one that cannot be written.
bool ends_the_run(const Error& error, const RunFolder& folder) {
  return error.code() == ExitCode::stopped || error.code() == ExitCode::write ||
         error.code() == ExitCode::permission || error.code() == ExitCode::cannot_resume ||
         error.text().where.starts_with((folder.root() / "").string());
}

/// The sentence of an exception, without LibTorch's stack trace. Rethrows what ends the whole run.
std::string reason_or_rethrow(const RunFolder& folder) {
  try {
    throw;
  } catch (const Error& error) {
    if (ends_the_run(error, folder)) throw;
    return error.what();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return error.what();
  }
}

void write_log(const std::filesystem::path& folder, const std::vector<std::string>& lines) {
  write_file(folder / "log.txt", join(lines, "\n") + "\n");
}

std::string edge_note(const std::string& cell, const SearchWinner& winner) {
  return fmt::format(
      "{}: the learning rate found, {}, is at the edge of the rates searched; a better one may lie "
      "outside",
      cell, format_number(winner.lr));
}

std::string target_note(const std::string& cell, const SearchWinner& winner, double target) {
  return fmt::format(
      "{}: the search ended with a training accuracy of {:.4f}, under the target of {}, after {} "
      "epochs",
      cell, winner.train_accuracy, format_number(target), winner.epochs);
}

}  // namespace

CellRun::CellRun(RunState& run, const CellSetup& cell)
    : run_(run),
      setup_(run.setup),
      cell_(cell),
      device_(setup_.machine.device),
      compute_key_(compute_key(cell.options, setup_.machine.device)) {}

void CellRun::prepare() {
  choose_plan();
  if (auto pixels = cell_.images->holdout_pixels()) {
    holdout_.emplace(std::move(pixels), cell_.start.info(), device_, plan_.layout, cell_.options.data.views);
  }
}

int CellRun::trainings_side_by_side(int most) {
  const std::lock_guard lock(run_.mutex);
  const auto claim = claim_manifest();
  auto record = setup_.compute.at(compute_key_);
  auto& found = record.side_by_side;
  if (found.images_per_second.empty() && most > 1) {
    const auto seed = cell_.todo.front();
    const auto images = device_images(cell_.images->key_of_seed(seed));
    found = choose_side_by_side(most, [&](int trainings) {
      return probe_side_by_side(cell_.start, images, training_options(seed), trainings);
    });
    write_record(std::move(record));
  }
  return std::min(setup_.compute.at(compute_key_).side_by_side.trainings, most);
}

bool CellRun::find_rate() {
  rate_ = search_rate();
  for (const auto& text : rate_.notes) note(text);
  if (!rate_.failure.empty()) note(cell_.options.name + ": " + rate_.failure);
  return rate_.failure.empty();
}

bool CellRun::run_trial(std::uint64_t seed) {
  Claims::Claim claim;
  if (!setup_.claims.take(cell_.options.name + "/" + seed_folder_name(seed), claim)) {
    note(fmt::format("{} seed {} is left out: another process runs it", cell_.options.name, seed));
    return true;
  }
  if (const auto record = finished_by_another(seed)) {
    update(row_of(*record));
    return true;
  }
  const auto row = record_trial({.cell = cell_.options,
                                 .seed = seed,
                                 .identity = trial_identity(cell_.identity, seed),
                                 .head = snapshot_head(cell_.start.info()),
                                 .machine = setup_.machine,
                                 .lr = rate_.lr,
                                 .epochs = rate_.epochs});
  return row.state != TrialState::failed;
}

std::optional<Json> CellRun::finished_by_another(std::uint64_t seed) const {
  if (setup_.claims.alone()) return std::nullopt;
  auto record = setup_.folder.trial_record(cell_.options.name, seed);
  return record && is_finished(row_of(*record).state) ? record : std::nullopt;
}

/// The plan that an earlier start has chosen; else the usual one, or, where bits need not repeat, the
/// fastest.
void CellRun::choose_plan() {
  const std::lock_guard lock(run_.mutex);
  const auto claim = claim_manifest();
  ComputeRecord record{.plan = {.precision = resolved(cell_.options.train.precision, device_)}};
  const bool deterministic = cell_.options.runtime.deterministic;
  const auto earlier = setup_.compute.find(compute_key_);
  // Cells of one key may differ in this: what was probed is for those that may be, and for no other.
  if (earlier != setup_.compute.end() && earlier->second.images_per_second.empty() == deterministic) {
    plan_ = earlier->second.plan;
    return;
  }
  if (!deterministic) {
    const auto seed = cell_.todo.front();
    auto options = training_options(seed);
    options.train.precision = cell_.options.train.precision;
    const auto probed = probe_compute(cell_.start, device_images(cell_.images->key_of_seed(seed)), options);
    record.plan = probed.front().plan;
    for (const auto& one : probed) record.images_per_second[to_text(one.plan)] = one.images_per_second;
  }
  plan_ = record.plan;
  write_record(std::move(record));
}

Claims::Claim CellRun::claim_manifest() {
  auto claim = setup_.claims.wait_for("manifest");
  if (!setup_.claims.alone()) setup_.compute = read_compute_records(setup_.folder.root());
  return claim;
}

void CellRun::write_record(ComputeRecord record) {
  setup_.compute[compute_key_] = std::move(record);
  write_compute_records(setup_.folder.root(), setup_.compute);
}

void CellRun::record_steps(const TrainingResult& training) {
  const std::lock_guard lock(run_.mutex);
  auto record = setup_.compute.at(compute_key_);
  if (record.steps == training.step_mode) return;
  record.steps = training.step_mode;
  const auto claim = claim_manifest();
  write_record(std::move(record));
}

DeviceImages CellRun::device_images(const SubsetKey& key) const {
  return {cell_.images->pixels(key), cell_.start.info(), device_, plan_.layout, cell_.options.data.views};
}

CellRun::Rate CellRun::search_rate() {
  const auto& lr = cell_.options.lr;
  if (lr.fixed) return {.lr = lr.fixed, .epochs = cell_.options.train.epochs};
  try {
    const auto claim = setup_.claims.wait_for(cell_.options.name + "/search");
    return search();
  } catch (const std::exception&) {
    const auto why = "the learning-rate search failed: " + reason_or_rethrow(setup_.folder);
    return {.epochs = cell_.options.train.epochs, .failure = why};
  }
}

CellRun::Rate CellRun::search() {
  const auto folder = setup_.folder.cell(cell_.options.name);
  make_folder(folder);
  const auto result = run_search(folder);
  write_json(folder / "search.json", search_record(cell_.identity, cell_.options.lr, &result));
  run_.tell([&](RunObserver& observer) { observer.on_search(cell_.options.name, result); });
  Rate rate{.epochs = result.trainings.back().epochs};
  const auto& name = cell_.options.name;
  if (!result.winner) {
    rate.notes.push_back(name + ": every learning rate of the search diverged");
    return rate;
  }
  rate.lr = result.winner->lr;
  const double target = cell_.options.lr.target_accuracy;
  if (result.winner->at_edge) rate.notes.push_back(edge_note(name, *result.winner));
  if (result.winner->train_accuracy < target) rate.notes.push_back(target_note(name, *result.winner, target));
  return rate;
}

SearchResult CellRun::run_search(const std::filesystem::path& folder) {
  const auto table = folder / "lr_search.csv";
  auto& images = *cell_.images;
  const auto key = images.key_of_search();
  SearchRequest request{.training = training_options(key.seed), .search = cell_.options.lr};
  request.training.order = key.of == SubsetOf::search ? "shuffle.search" : "shuffle";
  request.training.epochs = cell_.options.train.epochs;
  request.checkpoints = checkpoints(folder, cell_.identity, "search");
  // A table without its record belongs to nothing that we know.
  if (std::filesystem::exists(folder / "search.json")) request.done = read_search_table(table);
  auto trainings = request.done;
  write_json(folder / "search.json", search_record(cell_.identity, cell_.options.lr, nullptr));
  const DeviceImages subset = device_images(key);
  TrainingVoice voice(run_);
  request.before_training = [&](const SearchTraining& training) {
    voice.begin({.cell = cell_.options.name,
                 .seed = {},
                 .lr = training.lr,
                 .epochs = training.epochs,
                 .num_images = subset.count()});
  };
  request.after_training = [&](const SearchTraining& training) {
    trainings.push_back(training);
    write_search_table(table, trainings);
    remove_tree(request.checkpoints.folder);
    run_.tell([&](RunObserver& observer) { observer.on_search_training(cell_.options.name, training); });
  };
  auto result = search_learning_rate(cell_.start, subset, request, voice);
  remove_tree(request.checkpoints.folder);  // left where a process was killed after the last row
  return result;
}

TrialRow CellRun::record_trial(const TrialDescription& trial) {
  const auto& name = trial.cell.name;
  const auto row_in_state = [&](TrialState state) { return row_of(trial_record(trial, state, nullptr)); };
  setup_.folder.remove_unfinished(name, trial.seed);
  update(row_in_state(TrialState::running));
  Json record;
  try {
    make_folder(setup_.folder.trial(name, trial.seed));
    try {
      record = rate_.failure.empty() ? finish_trial(trial) : fail_trial(trial, rate_.failure);
    } catch (const std::exception&) {
      const auto why = reason_or_rethrow(setup_.folder);
      note(fmt::format("{} seed {} failed: {}", name, trial.seed, why));
      setup_.folder.remove_unfinished(name, trial.seed);
      record = fail_trial(trial, why);
    }
  } catch (const std::exception&) {
    setup_.folder.remove_unfinished(name, trial.seed);
    try {
      update(row_in_state(TrialState::pending));
    } catch (const Error&) {
      // The disk may be full; the old index.csv is whole, and the error that is on its way says what
      // happened.
    }
    throw;
  }
  // The trial is recorded: what fails from here on takes nothing back.
  const auto row = row_of(record);
  if (is_finished(row.state)) remove_tree(RunFolder::checkpoints(setup_.folder.trial(name, trial.seed)));
  update(row);
  run_.tell([&](RunObserver& observer) { observer.on_trial(row); });
  return row;
}

Json CellRun::finish_trial(const TrialDescription& trial) {
  const auto folder = setup_.folder.trial(trial.cell.name, trial.seed);
  auto log = rate_.notes;
  if (!trial.lr) {
    write_log(folder, log);
    const auto record = trial_record(trial, TrialState::diverged, nullptr);
    write_json(folder / "trial.json", record);
    return record;
  }
  const DeviceImages images = device_images(cell_.images->key_of_seed(trial.seed));
  const auto keep_metrics = [&](std::span<const EpochMetrics> epochs) {
    write_metrics(folder / "metrics.csv", epochs);
  };
  TrainingVoice voice(run_);
  voice.begin({.cell = trial.cell.name,
               .seed = trial.seed,
               .lr = *trial.lr,
               .epochs = trial.epochs,
               .num_images = images.count()},
              keep_metrics);
  const auto result = mirrortune::run_trial({cell_.start, images, holdout_ ? &*holdout_ : nullptr},
                                            trial_options(trial), voice);
  record_steps(result.training);
  log.push_back(
      fmt::format("{} after {} epochs of {} images with learning rate {} on {}, {} threads, {:.1f} s",
                  to_text(result.state), result.training.epochs.size(), images.count(),
                  format_number(*trial.lr), trial.machine.device, trial.machine.threads, result.seconds));
  write_metrics(folder / "metrics.csv", result.training.epochs);
  write_log(folder, log);
  const auto record = trial_record(trial, result.state, &result);
  write_json(folder / "trial.json", record);
  return record;
}

Json CellRun::fail_trial(const TrialDescription& trial, const std::string& why) {
  const auto folder = setup_.folder.trial(trial.cell.name, trial.seed);
  make_folder(folder);
  write_log(folder, {"failed: " + why});
  const auto record = trial_record(trial, TrialState::failed, nullptr);
  write_json(folder / "trial.json", record);
  return record;
}

CheckpointOptions CellRun::checkpoints(const std::filesystem::path& folder, const Identity& identity,
                                       const std::string& training) const {
  const RuntimeOptions& runtime = cell_.options.runtime;
  return {.folder = RunFolder::checkpoints(folder),
          .every_epochs = runtime.checkpoint_every_epochs,
          .identity = identity,
          .key = training,
          .environment = environment(setup_.machine),
          .allow_inexact = setup_.allow_inexact || !runtime.deterministic};
}

TrialOptions CellRun::trial_options(const TrialDescription& trial) const {
  TrialOptions options{.training = training_options(trial.seed),
                       .snapshots = trial.cell.snapshots,
                       .target_accuracy = trial.cell.lr.target_accuracy,
                       .metadata = {{"model", trial.cell.model.name},
                                    {"config_hash", sha256_of(trial.identity)},
                                    {"tool_version", MIRRORTUNE_VERSION}},
                       .folder = setup_.folder.trial(trial.cell.name, trial.seed),
                       .checkpoints = {}};
  options.checkpoints =
      checkpoints(options.folder, trial.identity,
                  fmt::format("trial lr={} epochs={}", format_number(*trial.lr), trial.epochs));
  options.training.lr = *trial.lr;
  options.training.epochs = trial.epochs;
  return options;
}

TrainingOptions CellRun::training_options(std::uint64_t seed) const {
  TrainingOptions options{.potential = cell_.options.potential};
  options.seed = seed;
  options.train = cell_.options.train;
  options.train.precision = plan_.precision;
  options.optimizer = cell_.options.optimizer;
  options.augment = cell_.options.data.augment;
  return options;
}

void CellRun::note(const std::string& text) {
  run_.tell([&](RunObserver& observer) { observer.on_note(text); });
}

void CellRun::update(const TrialRow& row) {
  const std::lock_guard lock(run_.mutex);
  const auto found = std::find_if(setup_.rows.begin(), setup_.rows.end(), [&](const TrialRow& other) {
    return other.cell == row.cell && other.seed == row.seed;
  });
  MIRRORTUNE_CHECK(found != setup_.rows.end());
  *found = row;
  if (setup_.claims.alone()) setup_.folder.write_index(setup_.rows);
}

}  // namespace mirrortune
