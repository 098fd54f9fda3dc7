#include "experiment/detail/run_folder.h"

#include <cmath>
#include <limits>

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "train/checkpoint.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// Empty for none and for NaN.
std::string cell_text(const std::optional<double>& value) {
  return value && !std::isnan(*value) ? format_number(*value) : std::string();
}

std::optional<double> number_of(const Json& record, const char* key) {
  const auto& value = record.at(key);
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

[[noreturn]] void throw_bad_record(const fs::path& path, const std::string& why) {
  throw DataError({.what = "cannot use the run directory",
                   .where = path.string(),
                   .why = why,
                   .safe = "Nothing was changed",
                   .todo = "Remove the file to have this part run again"});
}

double search_number(const CsvTable& table, std::size_t row, const char* column) {
  const auto& text = table.rows()[row][table.column(column)];
  if (text.empty() || text == "nan") return std::numeric_limits<double>::quiet_NaN();
  const auto value = parse_number(text);
  if (!value) throw DataError({.what = "not a number", .where = column, .why = printable(text)});
  return *value;
}

}  // namespace

std::optional<Json> RunFolder::trial_record(const std::string& cell_name, std::uint64_t seed) const {
  const auto path = trial(cell_name, seed) / "trial.json";
  if (!fs::exists(path)) return std::nullopt;
  auto record = read_json(path);
  try {
    row_of(record);
    record.at("identity").get<std::map<std::string, std::string>>();
  } catch (const std::exception& error) {
    throw_bad_record(path, std::string("it is no record of a trial: ") + error.what());
  }
  return record;
}

TrialState RunFolder::state_of(const std::string& cell_name, std::uint64_t seed) const {
  const auto record = trial_record(cell_name, seed);
  return record ? parse_trial_state(record->at("state").get<std::string>()) : TrialState::pending;
}

TrialRow RunFolder::row(const CellOptions& cell, std::uint64_t seed) const {
  const auto record = trial_record(cell.name, seed);
  return record ? row_of(*record) : pending_row(cell, seed);
}

void RunFolder::write_index(std::span<const TrialRow> rows) const {
  CsvTable table({"cell", "model", "potential", "seed", "lr", "state", "train_loss", "train_accuracy",
                  "holdout_accuracy", "epochs", "seconds"});
  for (const auto& row : rows) {
    table.add({row.cell, row.model, row.potential, std::to_string(row.seed), cell_text(row.lr),
               to_text(row.state), cell_text(row.train_loss), cell_text(row.train_accuracy),
               cell_text(row.holdout_accuracy), std::to_string(row.epochs), format_number(row.seconds)});
  }
  table.write(root_ / "index.csv");
}

void RunFolder::remove_unfinished(const std::string& cell_name, std::uint64_t seed) const {
  const auto folder = trial(cell_name, seed);
  std::error_code ignored;
  const bool goes_on = holds_checkpoint(checkpoints(folder));
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const auto name = entry.path().filename().string();
    const bool needed = goes_on && (name == checkpoints({}) || name == "metrics.csv" ||
                                    name == "tensorboard" || name.starts_with("epoch-"));
    if (!needed) fs::remove_all(entry.path(), ignored);
  }
  fs::remove(folder, ignored);
}

TrialRow pending_row(const CellOptions& cell, std::uint64_t seed) {
  return {.cell = cell.name, .model = cell.model.name, .potential = cell.potential, .seed = seed};
}

TrialRow row_of(const Json& record) {
  return {.cell = record.at("cell").get<std::string>(),
          .model = record.at("model").get<std::string>(),
          .potential = record.at("potential").get<std::string>(),
          .seed = record.at("seed").get<std::uint64_t>(),
          .lr = number_of(record, "lr"),
          .state = parse_trial_state(record.at("state").get<std::string>()),
          .train_loss = number_of(record, "train_loss"),
          .train_accuracy = number_of(record, "train_accuracy"),
          .holdout_accuracy = number_of(record, "holdout_accuracy"),
          .epochs = record.at("epochs").get<int>(),
          .seconds = record.at("seconds").get<double>()};
}

void write_search_table(const fs::path& path, std::span<const SearchTraining> trainings) {
  CsvTable table({"epochs", "lr", "final_loss", "train_accuracy", "state"});
  for (const auto& training : trainings) {
    table.add({std::to_string(training.epochs), format_number(training.lr),
               format_number(training.final_loss), cell_text(training.train_accuracy),
               to_text(training.state)});
  }
  table.write(path);
}

std::vector<SearchTraining> read_search_table(const fs::path& path) {
  std::vector<SearchTraining> trainings;
  if (!fs::exists(path)) return trainings;
  const auto table = CsvTable::read(path);
  try {
    for (std::size_t row = 0; row < table.rows().size(); ++row) {
      trainings.push_back({.epochs = static_cast<int>(search_number(table, row, "epochs")),
                           .lr = search_number(table, row, "lr"),
                           .final_loss = search_number(table, row, "final_loss"),
                           .train_accuracy = search_number(table, row, "train_accuracy"),
                           .state = parse_trial_state(table.rows()[row][table.column("state")])});
    }
  } catch (const DataError& error) {
    throw_bad_record(path, std::string("it is no table of a search: ") + error.what());
  }
  return trainings;
}

void write_metrics(const fs::path& path, std::span<const EpochMetrics> epochs) {
  CsvTable table({"epoch", "lr", "train_loss", "train_accuracy", "seconds"});
  for (const auto& epoch : epochs) {
    table.add({std::to_string(epoch.epoch), format_number(epoch.lr), format_number(epoch.train_loss),
               cell_text(epoch.train_accuracy), format_number(epoch.seconds)});
  }
  table.write(path);
}

}  // namespace mirrortune
