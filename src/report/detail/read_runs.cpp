#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "analysis/trial_records.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "report/detail/run_data.h"

namespace mirrortune::report {
namespace {

namespace fs = std::filesystem;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double number(const std::string& cell) { return parse_number(cell).value_or(kNone); }

double number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : kNone;
}

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t seed_number(const std::string& cell) {
  return static_cast<std::uint64_t>(std::max(0LL, parse_integer(cell).value_or(0)));
}

/// A table whose cells are asked for by column name; messages name the file.
class Table {
 public:
  explicit Table(const fs::path& path) : path_(path), table_(CsvTable::read(path)) {}

  std::size_t size() const { return table_.rows().size(); }
  bool has(const char* column) const {
    return std::ranges::find(table_.columns(), column) != table_.columns().end();
  }
  const std::string& at(std::size_t row, const char* column) const {
    if (!has(column)) {
      throw DataError({.what = "cannot read the table",
                       .where = path_.string(),
                       .why = std::string("it has no column '") + column + "'",
                       .todo = "Run the analysis of this run again"});
    }
    return table_.rows()[row][table_.column(column)];
  }
  double number_at(std::size_t row, const char* column) const { return number(at(row, column)); }
  /// The same for a column that may be missing.
  std::string text_or_empty(std::size_t row, const char* column) const {
    return has(column) ? at(row, column) : std::string();
  }

 private:
  fs::path path_;
  CsvTable table_;
};

Trial trial_of_index(const Table& index, std::size_t row, const NetworkNames& names) {
  return {.key = {.network = names.of(index.at(row, "model"), index.at(row, "cell")),
                  .potential = index.at(row, "potential"),
                  .seed = seed_number(index.at(row, "seed"))},
          .state = index.at(row, "state"),
          .lr = index.number_at(row, "lr"),
          .epochs = index.number_at(row, "epochs"),
          .train_loss = index.number_at(row, "train_loss"),
          .train_accuracy = index.number_at(row, "train_accuracy"),
          .pretrained_train_accuracy = kNone,
          .holdout_accuracy = index.number_at(row, "holdout_accuracy"),
          .pretrained_holdout_accuracy = kNone,
          .seconds = index.number_at(row, "seconds"),
          .identity_sha256 = {},
          .weights_sha256 = {}};
}

Trial trial_of_json(const Json& json, const NetworkNames& names) {
  const auto seed = json.find("seed");
  const bool has_seed = seed != json.end() && seed->is_number_unsigned();
  return {.key = {.network = names.of(text(json, "model"), text(json, "cell")),
                  .potential = text(json, "potential"),
                  .seed = has_seed ? seed->get<std::uint64_t>() : 0},
          .state = text(json, "state"),
          .lr = number(json, "lr"),
          .epochs = number(json, "epochs"),
          .train_loss = number(json, "train_loss"),
          .train_accuracy = number(json, "train_accuracy"),
          .pretrained_train_accuracy = number(json, "pretrained_train_accuracy"),
          .holdout_accuracy = number(json, "holdout_accuracy"),
          .pretrained_holdout_accuracy = number(json, "pretrained_holdout_accuracy"),
          .seconds = number(json, "seconds"),
          .identity_sha256 = text(json, "identity_sha256"),
          .weights_sha256 = text(json, "weights_sha256")};
}

void read_metrics(const fs::path& path, const Key& key, RunData& data) {
  if (!fs::exists(path)) return;
  const Table table(path);
  for (std::size_t row = 0; row < table.size(); ++row) {
    data.epochs.push_back({.key = key,
                           .epoch = table.number_at(row, "epoch"),
                           .train_loss = table.number_at(row, "train_loss"),
                           .train_accuracy = table.number_at(row, "train_accuracy")});
  }
}

void read_search(const fs::path& path, const Trial& winner, RunData& data) {
  if (!fs::exists(path)) return;
  const Table table(path);
  for (std::size_t row = 0; row < table.size(); ++row) {
    SearchRow entry{.network = winner.key.network,
                    .potential = winner.key.potential,
                    .epochs = table.number_at(row, "epochs"),
                    .lr = table.number_at(row, "lr"),
                    .final_loss = table.number_at(row, "final_loss"),
                    .train_accuracy = table.number_at(row, "train_accuracy"),
                    .state = table.at(row, "state")};
    entry.chosen = entry.lr == winner.lr && entry.epochs == winner.epochs;
    data.search.push_back(std::move(entry));
  }
}

/// The trials of index.csv by the place of each one's trial.json.
std::map<fs::path, Trial> read_index(const fs::path& run, const NetworkNames& names,
                                     std::vector<fs::path>& order) {
  std::map<fs::path, Trial> trials;
  if (!fs::exists(run / "index.csv")) return trials;
  const Table index(run / "index.csv");
  for (std::size_t row = 0; row < index.size(); ++row) {
    std::string seed = index.at(row, "seed");
    if (seed.size() < 2) seed.insert(0, 2 - seed.size(), '0');
    const fs::path place = run / "cells" / index.at(row, "cell") / ("seed-" + seed) / "trial.json";
    if (trials.emplace(place, trial_of_index(index, row, names)).second) order.push_back(place);
  }
  return trials;
}

void read_cells(const fs::path& run, const NetworkNames& names, RunData& data) {
  std::vector<fs::path> order;
  std::map<fs::path, Trial> trials = read_index(run, names, order);
  for (const TrialRecord& record : trial_records(run)) {
    const fs::path place = record.folder / "trial.json";
    if (!trials.contains(place)) order.push_back(place);
    trials.insert_or_assign(place, trial_of_json(record.json, names));
  }
  std::set<fs::path> cells_done;
  for (const auto& place : order) {
    const Trial& trial = trials.at(place);
    data.trials.push_back(trial);
    read_metrics(place.parent_path() / "metrics.csv", trial.key, data);
    const fs::path cell = place.parent_path().parent_path();
    if (cells_done.insert(cell).second) read_search(cell / "lr_search.csv", trial, data);
  }
}

void read_changes(const fs::path& path, const NetworkNames& names, RunData& data) {
  if (!fs::exists(path)) return;
  const Table table(path);
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto value = [&](const char* column) { return table.number_at(row, column); };
    data.changes.push_back(
        {.key = {.network = names.of(table.at(row, "model"), table.text_or_empty(row, "cell")),
                 .potential = table.at(row, "potential"),
                 .seed = seed_number(table.at(row, "seed"))},
         .evaluated_with = table.at(row, "evaluated_with"),
         .layer = table.at(row, "layer"),
         .n = value("n"),
         .delta_cdf = value("delta_cdf"),
         .w1 = value("w1"),
         .floor_ratio = value("floor_ratio"),
         .magnitude = value("magnitude"),
         .mean = value("mean"),
         .sd = value("sd"),
         .skew = value("skew"),
         .excess_kurtosis = value("excess_kurtosis"),
         .zeros = value("zeros"),
         .sign_flips = value("sign_flips"),
         .log_sd_w0 = value("log_sd_w0"),
         .floor_pooled = value("floor_pooled")});
  }
}

void read_exponents(const fs::path& path, const NetworkNames& names, RunData& data) {
  if (!fs::exists(path)) return;
  const Table table(path);
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto value = [&](const char* column) { return table.number_at(row, column); };
    data.exponents.push_back({.key = {.network = names.of(table.at(row, "model"), table.at(row, "cell")),
                                      .potential = table.at(row, "potential"),
                                      .seed = seed_number(table.at(row, "seed"))},
                              .epoch = value("epoch"),
                              .layer = table.at(row, "layer"),
                              .n = value("n"),
                              .lambda = value("lambda"),
                              .low = value("lambda_low"),
                              .high = value("lambda_high"),
                              .flips = value("flips"),
                              .drift = value("drift")});
  }
}

void read_moments(const fs::path& path, const NetworkNames& names, RunData& data) {
  if (!fs::exists(path)) return;
  const Table table(path);
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string& potential = table.at(row, "potential");
    if (table.at(row, "layer") != "all" || table.at(row, "evaluated_with") != potential) continue;
    data.moments.push_back({.key = {.network = names.of(table.at(row, "model"), table.at(row, "cell")),
                                    .potential = potential,
                                    .seed = seed_number(table.at(row, "seed"))},
                            .epoch = table.number_at(row, "epoch"),
                            .delta_cdf = table.number_at(row, "delta_cdf"),
                            .magnitude = table.number_at(row, "magnitude")});
  }
}

void append_new(std::vector<std::string>& list, const std::string& name) {
  if (std::ranges::find(list, name) == list.end()) list.push_back(name);
}

void list_names(RunData& data) {
  for (const auto& trial : data.trials) {
    append_new(data.networks, trial.key.network);
    append_new(data.potentials, trial.key.potential);
  }
  for (const auto& change : data.changes) {
    append_new(data.networks, change.key.network);
    append_new(data.potentials, change.key.potential);
    append_new(data.evaluated_with, change.evaluated_with);
    if (!is_summary(change.layer)) append_new(data.layers[change.key.network], change.layer);
  }
  std::ranges::sort(data.potentials, before);
  std::ranges::sort(data.evaluated_with, before);
  std::ranges::stable_sort(data.changes, [](const Change& one, const Change& other) {
    if (one.key.potential != other.key.potential) return before(one.key.potential, other.key.potential);
    return before(one.evaluated_with, other.evaluated_with);
  });
}

void read_run(const fs::path& run, const NetworkNames& names, RunData& data) {
  if (!fs::exists(run)) {
    throw MissingError({.what = "cannot report on", .where = run.string(), .why = "there is no such folder"});
  }
  if (!fs::exists(run / "cells") && !fs::exists(run / "index.csv") && !fs::exists(run / "analysis")) {
    throw DataError({.what = "cannot report on",
                     .where = run.string(),
                     .why = "it is no run directory: it has no cells, no index.csv and no analysis",
                     .todo = "Name the folder that `mirrortune run` wrote"});
  }
  Run& own = data.runs.back();
  if (fs::exists(run / "config.yaml")) own.config = read_text_file(run / "config.yaml");
  if (fs::exists(run / "manifest.json")) own.manifest = read_json(run / "manifest.json");
  read_cells(run, names, data);
  read_changes(run / "analysis" / "delta_cdf.csv", names, data);
  read_exponents(run / "analysis" / "geometry.csv", names, data);
  read_moments(run / "analysis" / "trajectories.csv", names, data);
  if (fs::exists(run / "analysis" / "histograms.csv")) {
    read_histograms(run / "analysis" / "histograms.csv", names, data);
  }
}

/// The p of "p-norm", nothing for other potentials.
std::optional<double> norm_order(const std::string& potential) {
  if (!potential.ends_with("-norm")) return std::nullopt;
  return parse_number(std::string_view(potential).substr(0, potential.size() - 5));
}

}  // namespace

bool is_summary(const std::string& layer) {
  return layer == "all" || layer == "all_standardised" || layer == "median";
}

double exponent_of(const std::string& potential) {
  if (potential == "negative_entropy") return 0;
  const auto order = norm_order(potential);
  return order ? *order - 1 : kNone;
}

bool before(const std::string& potential, const std::string& other) {
  const auto rank = [](const std::string& name) {
    const auto order = norm_order(name);
    const int kind = name == "negative_entropy" ? 0 : order ? 1 : 2;
    return std::tuple(kind, order.value_or(0.0), name);
  };
  return rank(potential) < rank(other);
}

std::string display(const std::string& potential) {
  return potential == "negative_entropy" ? "negative entropy" : potential;
}

std::string NetworkNames::of(const std::string& model, const std::string& cell) const {
  std::string name = model;
  std::size_t at = cell.find("__");
  at = at == std::string::npos ? at : cell.find("__", at + 2);
  if (at != std::string::npos && cell.find('=', at) != std::string::npos) name += " · " + cell.substr(at + 2);
  return name + suffix;
}

RunData read_runs(const std::vector<fs::path>& run_dirs) {
  RunData data;
  std::set<std::string> taken;
  for (const auto& run : run_dirs) {
    const fs::path clean = fs::absolute(run).lexically_normal();
    const std::string base = (clean.has_filename() ? clean : clean.parent_path()).filename().string();
    std::string name = base;
    for (int copy = 2; !taken.insert(name).second; ++copy) name = base + " #" + std::to_string(copy);
    data.runs.push_back({.name = name, .config = {}, .manifest = nullptr});
    read_run(run, {.suffix = run_dirs.size() > 1 ? " (" + name + ")" : ""}, data);
  }
  list_names(data);
  return data;
}

}  // namespace mirrortune::report
