#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/detail/html.h"
#include "report/detail/sections.h"

namespace mirrortune::report {
namespace {

std::string note(const std::string& text) { return paragraph(text, "note"); }

std::string trials_table(const RunData& data) {
  const auto any = [&](double Trial::*value) {
    return std::ranges::any_of(data.trials, [&](const Trial& trial) { return std::isfinite(trial.*value); });
  };
  const bool several = data.networks.size() > 1;
  const bool held_out = any(&Trial::holdout_accuracy) || any(&Trial::pretrained_holdout_accuracy);
  const std::string of = several ? "" : " of " + data.networks[0];
  HtmlTable table{
      .caption = "Trials" + of + ". Accuracies are in evaluation mode, before and after finetuning",
      .head = {"trained with", "seed", "state", "learning rate", "epochs", "train loss", "train before",
               "train after"},
      .rows = {},
      .text_columns = several ? 2U : 1U};
  if (several) table.head.insert(table.head.begin(), "network");
  if (held_out) table.head.insert(table.head.end(), {"held out before", "held out after"});
  table.head.emplace_back("seconds");
  for (const auto& trial : data.trials) {
    std::vector<Cell> row = {
        {display(trial.key.potential)},
        {std::to_string(trial.key.seed)},
        {trial.state.empty() ? "unknown" : trial.state, trial.state == "done" ? "" : "marked"},
        {show(trial.lr)},
        {show(trial.epochs, 6)},
        {show(trial.train_loss)},
        {show_percent(trial.pretrained_train_accuracy)},
        {show_percent(trial.train_accuracy)}};
    if (held_out) {
      row.push_back({show_percent(trial.pretrained_holdout_accuracy)});
      row.push_back({show_percent(trial.holdout_accuracy)});
    }
    if (several) row.insert(row.begin(), {trial.key.network});
    row.push_back({std::isfinite(trial.seconds) ? fmt::format("{:.1f}", trial.seconds) : "–"});
    table.rows.push_back(std::move(row));
  }
  return table.html() +
         (held_out ? ""
                   : note("No images were held out in this run, so there is no accuracy on unseen images."));
}

/// ΔCDF of one network's pooled weights: a row per potential trained with, a column per potential evaluated
/// with.
std::string change_table(const RunData& data, const std::string& network) {
  HtmlTable table{
      .caption = fmt::format(
          "{}: ΔCDF of all layers pooled, mean ± standard deviation over the seeds. Bold: smallest of its "
          "row. Framed: its own potential",
          network),
      .head = {"trained with"},
      .rows = {}};
  for (const auto& evaluated : data.evaluated_with) table.head.push_back("seen by " + display(evaluated));
  for (const auto& potential : data.potentials) {
    std::vector<Spread> cells;
    for (const auto& evaluated : data.evaluated_with) {
      std::vector<double> values;
      for (const auto& change : data.changes) {
        const bool here = change.layer == "all" && change.key.network == network &&
                          change.key.potential == potential && change.evaluated_with == evaluated;
        if (here) values.push_back(change.delta_cdf);
      }
      cells.push_back(spread(values));
    }
    if (std::ranges::all_of(cells, [](const Spread& cell) { return cell.count == 0; })) continue;
    double smallest = INFINITY;
    for (const auto& cell : cells) smallest = cell.count > 0 ? std::min(smallest, cell.mean) : smallest;
    std::vector<Cell> row = {{display(potential)}};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool own = data.evaluated_with[i] == potential;
      const bool best = cells[i].count > 0 && cells[i].mean == smallest;
      row.push_back({show(cells[i]), fmt::format("{}{}", best ? "best " : "", own ? "framed" : "")});
    }
    table.rows.push_back(std::move(row));
  }
  return table.rows.empty() ? "" : table.html();
}

/// A JSON value's leaves as rows "a.b.c", value.
void flatten(const Json& value, const std::string& name, std::vector<std::vector<Cell>>& rows) {
  if (value.is_structured() && !value.empty()) {
    for (const auto& [key, part] : value.items()) flatten(part, name.empty() ? key : name + "." + key, rows);
  } else if (value.is_structured() || value.is_null()) {
    rows.push_back({{name}, {"–"}});
  } else {
    const bool text = value.is_string();
    rows.push_back(
        {{name},
         {text ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace)}});
  }
}

std::string hashes_table(const RunData& data) {
  HtmlTable table{.caption = "SHA-256 of each trial’s resolved configuration, and of its weights",
                  .head = {"trial", "configuration", "weights"},
                  .rows = {},
                  .text_columns = 3};
  for (const auto& trial : data.trials) {
    if (trial.identity_sha256.empty() && trial.weights_sha256.empty()) continue;
    table.rows.push_back(
        {{fmt::format("{}, {}, seed {}", trial.key.network, display(trial.key.potential), trial.key.seed)},
         {trial.identity_sha256, "code"},
         {trial.weights_sha256, "code"}});
  }
  return table.rows.empty() ? "" : table.html();
}

std::string run_origin(const Run& run) {
  const std::string name = escape_html(run.name);
  std::string out;
  if (run.config.empty()) {
    out += note("The run " + run.name + " has no config.yaml.");
  } else {
    out += "<details><summary>Configuration of " + name +
           " (config.yaml)</summary>\n<pre tabindex=\"0\"><code>" + escape_lines(run.config) +
           "</code></pre></details>\n";
  }
  if (run.manifest.is_null()) return out + note("The run " + run.name + " has no manifest.json.");
  HtmlTable table{.caption = "Versions, machine and hashes of " + run.name + " (manifest.json)",
                  .head = {"what", "value"},
                  .rows = {},
                  .text_columns = 2};
  flatten(run.manifest, "", table.rows);
  for (auto& row : table.rows) row[1].mark = "code";
  return out + "<details><summary>Versions, machine and hashes of " + name + "</summary>\n" + table.html() +
         "</details>\n";
}

}  // namespace

std::string table_sections(const PageParts& parts) {
  const RunData& data = parts.data;
  std::string out = open_section("tables", "Tables");
  out += data.trials.empty() ? note("There are no trials.") : trials_table(data);
  for (const auto& network : data.networks) out += change_table(data, network);
  if (!data.layers.empty()) {
    out +=
        "<div class=\"layer-table\" data-table=\"layer_table\"><h3>Every layer of one trial</h3>\n<div "
        "class=\"controls\"></div><div class=\"table-slot\"></div></div>\n<p class=\"files\">All rows: "
        "<a href=\"" +
        parts.charts.files + "data/layers.csv\">layers.csv</a></p>\n";
  }
  return out + "</section>\n";
}

std::string origin_section(const PageParts& parts) {
  std::string out = open_section("origin", "Configuration, versions and hashes");
  for (const auto& run : parts.data.runs) out += run_origin(run);
  const std::string hashes = hashes_table(parts.data);
  if (!hashes.empty()) out += "<details><summary>Hashes of the trials</summary>\n" + hashes + "</details>\n";
  return out + "</section>\n";
}

}  // namespace mirrortune::report
