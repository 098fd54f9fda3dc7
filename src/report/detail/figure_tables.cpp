#include <cmath>

#include "base/text.h"
#include "report/detail/figures.h"
#include "report/detail/format.h"

namespace mirrortune::report {
namespace {

std::string flag(bool value) { return value ? "true" : "false"; }

std::string combined(const std::string& layer) {
  return layer == "all" ? "pooled" : layer == "median" ? "median" : "standardised";
}

CsvTable delta_cdf_table(const RunData& data) {
  CsvTable table({"network", "trained_with", "evaluated_with", "own", "seed", "layers", "n", "delta_cdf",
                  "floor", "floor_pooled", "magnitude"});
  for (const auto& change : data.changes) {
    if (!is_summary(change.layer)) continue;
    table.add({change.key.network, display(change.key.potential), display(change.evaluated_with),
               flag(change.own()), std::to_string(change.key.seed), combined(change.layer), cell(change.n),
               cell(change.delta_cdf), cell(change.floor()), cell(change.floor_pooled),
               cell(change.magnitude)});
  }
  return table;
}

CsvTable curves_table(const RunData& data) {
  CsvTable table({"network", "trained_with", "seed", "epoch", "train_loss", "train_accuracy"});
  for (const auto& epoch : data.epochs) {
    table.add({epoch.key.network, display(epoch.key.potential), std::to_string(epoch.key.seed),
               cell(epoch.epoch), cell(epoch.train_loss), cell(epoch.train_accuracy)});
  }
  return table;
}

/// From 1, by network and layer.
std::map<std::pair<std::string, std::string>, int> positions_of_layers(const RunData& data) {
  std::map<std::pair<std::string, std::string>, int> position;
  for (const auto& [network, layers] : data.layers) {
    for (std::size_t i = 0; i < layers.size(); ++i) position[{network, layers[i]}] = static_cast<int>(i) + 1;
  }
  return position;
}

CsvTable layers_table(const RunData& data) {
  CsvTable table({"network", "trained_with", "evaluated_with", "own", "seed", "position", "layer", "n",
                  "delta_cdf", "floor", "magnitude", "zeros", "sign_flips"});
  auto position = positions_of_layers(data);
  for (const auto& change : data.changes) {
    if (is_summary(change.layer)) continue;
    table.add({change.key.network, display(change.key.potential), display(change.evaluated_with),
               flag(change.own()), std::to_string(change.key.seed),
               std::to_string(position[{change.key.network, change.layer}]), change.layer, cell(change.n),
               cell(change.delta_cdf), cell(change.floor()), cell(change.magnitude), cell(change.zeros),
               cell(change.sign_flips)});
  }
  return table;
}

/// Of the final weights: `position` is empty for all layers together and their median. Of snapshots: all
/// layers together.
CsvTable geometry_table(const RunData& data) {
  CsvTable table({"network", "trained_with", "seed", "epoch", "position", "layer", "n", "lambda", "low",
                  "high", "truth", "flips", "drift"});
  auto position = positions_of_layers(data);
  for (const auto& row : data.exponents) {
    const bool final_weights = std::isnan(row.epoch);
    if (!final_weights && row.layer != "all") continue;
    const int place = is_summary(row.layer) ? 0 : position[{row.key.network, row.layer}];
    table.add({row.key.network, display(row.key.potential), std::to_string(row.key.seed), cell(row.epoch),
               place > 0 ? std::to_string(place) : std::string(), row.layer, cell(row.n), cell(row.lambda),
               cell(row.low), cell(row.high), cell(exponent_of(row.key.potential)), cell(row.flips),
               cell(row.drift)});
  }
  return table;
}

/// All layers together at the snapshots of a trial and in the end.
CsvTable trajectories_table(const RunData& data) {
  CsvTable table({"network", "trained_with", "seed", "epoch", "delta_cdf", "magnitude", "lambda", "low",
                  "high", "truth"});
  std::map<Key, double> last_epoch;
  for (const auto& trial : data.trials) last_epoch[trial.key] = trial.epochs;
  const auto epoch_of = [&](const Key& key, double epoch) {
    const auto last = last_epoch.find(key);
    return std::isnan(epoch) && last != last_epoch.end() ? last->second : epoch;
  };
  std::map<std::pair<Key, double>, const Exponent*> exponents;
  for (const auto& row : data.exponents) {
    const double epoch = epoch_of(row.key, row.epoch);
    if (row.layer == "all" && !std::isnan(epoch)) exponents[{row.key, epoch}] = &row;
  }
  for (const auto& moment : data.moments) {
    const double epoch = epoch_of(moment.key, moment.epoch);
    if (std::isnan(epoch)) continue;
    const auto found = exponents.find({moment.key, epoch});
    const Exponent* exponent = found != exponents.end() ? found->second : nullptr;
    table.add({moment.key.network, display(moment.key.potential), std::to_string(moment.key.seed),
               cell(epoch), cell(moment.delta_cdf), cell(moment.magnitude),
               exponent ? cell(exponent->lambda) : "", exponent ? cell(exponent->low) : "",
               exponent ? cell(exponent->high) : "", cell(exponent_of(moment.key.potential))});
  }
  return table;
}

CsvTable histogram_table(const RunData& data) {
  CsvTable table({"network", "trained_with", "evaluated_with", "seed", "bin_left", "bin_right", "density"});
  // Potentials in the order of the axes, not of the map.
  const auto add = [&](const HistogramKey& key, const Histogram& histogram) {
    double total = static_cast<double>(histogram.below + histogram.above);
    for (const auto count : histogram.counts) total += count;
    for (int bin = 0; bin < kBins; ++bin) {
      const double left = rounded(-8 + bin * kBinWidth, 6);
      const double density = histogram.counts[static_cast<std::size_t>(bin)] / (total * kBinWidth);
      table.add({key.key.network, display(key.key.potential), display(key.evaluated_with),
                 std::to_string(key.key.seed), cell(left), cell(rounded(left + kBinWidth, 6)),
                 cell(rounded(density))});
    }
  };
  for (const auto& network : data.networks) {
    for (const auto& potential : data.potentials) {
      for (const auto& evaluated : data.evaluated_with) {
        for (const auto& [key, histogram] : data.histograms) {
          if (key.layer == "all" && key.key.network == network && key.key.potential == potential &&
              key.evaluated_with == evaluated) {
            add(key, histogram);
          }
        }
      }
    }
  }
  return table;
}

CsvTable search_table(const RunData& data) {
  CsvTable table(
      {"network", "trained_with", "epochs", "lr", "final_loss", "train_accuracy", "state", "chosen"});
  for (const auto& row : data.search) {
    table.add({row.network, display(row.potential), cell(row.epochs), cell(row.lr), cell(row.final_loss),
               cell(row.train_accuracy), row.state, flag(row.chosen)});
  }
  return table;
}

}  // namespace

FigureTables make_tables(const RunData& data) {
  return {{"delta_cdf", delta_cdf_table(data)},
          {"curves", curves_table(data)},
          {"layers", layers_table(data)},
          {"histogram", histogram_table(data)},
          {"trajectories", trajectories_table(data)},
          {"search", search_table(data)},
          {"geometry", geometry_table(data)}};
}

}  // namespace mirrortune::report
