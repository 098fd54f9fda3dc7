#include "geometry/identify_run.h"

#include <algorithm>
#include <cmath>

#include "analysis/finished_trials.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"

#include "geometry/identify_layers.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

constexpr int kResamples = 500;
const std::vector<std::string> kColumns = {"model", "potential", "seed",       "epoch",       "layer",
                                           "n",     "lambda",    "lambda_low", "lambda_high", "flips",
                                           "zeros", "unchanged", "drift",      "log_sd_w0",   "cell"};

std::string number(double value) { return std::isfinite(value) ? format_number(value) : ""; }

void add_rows(CsvTable& table, const FinishedTrial& trial, const std::string& epoch,
              const LayersIdentification& result) {
  const auto add = [&](const std::string& layer, std::int64_t n, double lambda, const Interval& interval,
                       std::vector<std::string> rest) {
    std::vector<std::string> cells = {trial.name.model,
                                      trial.name.potential,
                                      std::to_string(trial.name.seed),
                                      epoch,
                                      layer,
                                      std::to_string(n),
                                      number(lambda),
                                      number(interval.low),
                                      number(interval.high)};
    std::move(rest.begin(), rest.end(), std::back_inserter(cells));
    cells.push_back(trial.name.cell);
    table.add(std::move(cells));
  };
  LayerGeometry sums;
  for (const auto& layer : result.layers) {
    sums.n += layer.n;
    sums.flips += layer.flips;
    sums.zeros += layer.zeros;
    sums.unchanged += layer.unchanged;
    add(module_of(layer.layer), layer.n, layer.lambda, layer.interval,
        {std::to_string(layer.flips), std::to_string(layer.zeros), std::to_string(layer.unchanged),
         number(layer.drift), number(layer.log_sd)});
  }
  add(kAll, sums.n, result.lambda, result.interval,
      {std::to_string(sums.flips), std::to_string(sums.zeros), std::to_string(sums.unchanged), "", ""});
  add(kMedian, static_cast<std::int64_t>(result.layers.size()), result.median, {NAN, NAN},
      {"", "", "", "", ""});
}

}  // namespace

void identify_run(const fs::path& run_dir, HeadRule head, int threads) {
  CsvTable table(kColumns);
  for (const auto& trial : finished_trials(run_dir)) {
    for (const auto& snapshot : snapshots_of(trial)) {
      const LayersOptions options{.layers = {.pattern = "*", .head = head, .head_name = trial.head},
                                  .resamples = kResamples,
                                  .threads = threads};
      const auto result = identify_layers(trial.folder / "init.safetensors", snapshot.file, options);
      add_rows(table, trial, snapshot.epoch, result);
    }
  }
  make_folder(run_dir / "analysis");
  table.write(run_dir / "analysis" / "geometry.csv");
}

}  // namespace mirrortune
