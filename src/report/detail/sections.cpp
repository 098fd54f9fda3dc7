#include "report/detail/sections.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "report/detail/html.h"

namespace mirrortune::report {
namespace {

/// Beside its caption where there is one panel.
std::string chart(const PageParts& parts, const std::string& name, const std::string& caption) {
  constexpr std::array kWide = {"histogram", "layers", "heatmap", "lambda"};
  const bool beside = parts.data.networks.size() == 1 && std::ranges::find(kWide, name) == kWide.end();
  return parts.charts.html(name, caption, beside ? CaptionPlace::beside : CaptionPlace::below);
}

bool any_pooled_floor(const RunData& data) {
  return std::ranges::any_of(data.changes, [](const Change& change) {
    return change.layer == "all" && std::isfinite(change.floor_pooled);
  });
}

/// Trials of which the figures of the geometry show nothing.
std::string missing_changes(const RunData& data) {
  std::vector<std::string> names;
  for (const auto& trial : data.trials) {
    const bool shown = std::ranges::any_of(data.changes, [&](const Change& change) {
      return change.key == trial.key && std::isfinite(change.delta_cdf);
    });
    if (shown) continue;
    names.push_back(fmt::format("{}, {}, seed {} ({})", trial.key.network, display(trial.key.potential),
                                trial.key.seed, trial.state.empty() ? "state unknown" : trial.state));
  }
  if (names.empty()) return {};
  constexpr std::size_t kNamed = 6;
  const std::size_t count = names.size();
  if (count > kNamed) {
    names.resize(kNamed);
    names.push_back(fmt::format("{} more", count - kNamed));
  }
  return fmt::format("Not in these pictures, since {} no analysed change: {}.",
                     count == 1 ? "it has" : "they have", list_in_words(names));
}

std::string own_caption(const RunData& data) {
  std::string text =
      "<b>Each circle is one trial</b> (one seed), the bar the mean over the seeds. Height is ΔCDF: how "
      "far the distribution of the dual changes <span class=\"formula\">φ′(w<sub>after</sub>) − "
      "φ′(w<sub>before</sub>)</span>, scaled to standard deviation 1, lies from the normal distribution "
      "N(0,&nbsp;1). Zero is exactly Gaussian. φ is here the potential that the trial was trained with. ";
  if (any_pooled_floor(data)) {
    text +=
        "The <b>grey block is the floor</b>: what would be measured if the change of every layer were "
        "exactly Gaussian, since layers change by different amounts and are pooled as they are. ";
  }
  return text +
         "The dotted line is the sampling floor, the ΔCDF of as many independent Gaussian numbers of one "
         "scale. Circles close to their floor mean: Gaussian, as the theory of mirror descent predicts.";
}

constexpr const char* kOthersCaption =
    "<b>The same weight changes, measured with each potential</b> along the axis. A line (colour and "
    "dash) joins the means of the trials trained with one potential; circles are single trials; the "
    "<b>filled dot</b> is the potential that they were trained with; the dotted line is the sampling "
    "floor. A line that is lowest at its filled dot means: the change is most Gaussian under the very "
    "potential that made it, so that the weights before and after tell the geometry of the training.";

constexpr const char* kHistogramCaption =
    "<b>Dual changes of one layer</b> (or of all layers pooled) in one trial, measured with each "
    "potential in turn and divided by their standard deviation. Bars: the share of weights per unit of z. "
    "Line: the density of N(0,&nbsp;1). Where the bars follow the line, the change is Gaussian in that "
    "potential’s geometry; a narrow spike with long tails or a lopsided shape says that it is not. Bars "
    "taller than the panel are cut.";

constexpr const char* kLayersCaption =
    "<b>Every circle is one layer in one trial</b> (point at one for its name); a line joins the means "
    "over the seeds, in the order in which the layers lie in the network. The grey area is the sampling "
    "floor of each layer: what exactly Gaussian changes of as many weights would give. Small layers have "
    "a high floor, so a circle says something only where it lies clearly above the grey.";

constexpr const char* kHeatmapCaption =
    "<b>Every cell is one layer seen by one potential</b>, a panel for each potential trained with: the "
    "fainter, the closer the change is to Gaussian (point at one for its ΔCDF). The potential trained with "
    "is "
    "outlined. Press a cell, or a circle above, to see that layer’s changes in the histograms.";

constexpr const char* kLambdaEpochsCaption =
    "<b>One line per trial</b>: the exponent λ of all that has changed from the start to this epoch, over "
    "all "
    "layers, with its 95&nbsp;% interval. Dotted lines mark what the trials were trained with. A line that "
    "leaves its dotted line as training goes on tells of what many steps do: sign flips, changes that are no "
    "longer independent.";

constexpr const char* kDeltaCdfEpochsCaption =
    "<b>One line per trial</b>: ΔCDF of all that has changed from the start to this epoch, all layers "
    "pooled, "
    "under the potential trained with.";

constexpr const char* kMagnitudeCaption =
    "<b>How far the weights moved</b>: the length of the change divided by the length of the weights "
    "before, <span class=\"formula\">‖φ′(w<sub>after</sub>) − φ′(w<sub>before</sub>)‖ ⁄ "
    "‖φ′(w<sub>before</sub>)‖</span>, both in the dual space of the potential trained with and over all "
    "analysed weights. A circle is one trial, the bar the mean. The values of different potentials are in "
    "different units: compare trials of one potential with each other.";

constexpr const char* kLambdaCaption =
    "<b>Every circle is the exponent λ of one layer</b> in one trial, by maximum likelihood, with its "
    "95&nbsp;% "
    "interval from a bootstrap over output channels: weights change in proportion to "
    "<span class=\"formula\">|w|<sup>1−λ</sup></span>. 0 is negative entropy (multiplicative), 1 gradient "
    "descent "
    "(additive), p&nbsp;−&nbsp;1 a p-norm; dotted lines mark what the trials were trained with. Every output "
    "and "
    "input channel has a scale of its own, and a mean relative change of the layer is taken out. λ says how "
    "changes grow with the weight; λ&nbsp;=&nbsp;1 holds for gradient descent and for Adam alike.";

/// λ of all layers together, per trial.
std::string exponent_table(const RunData& data) {
  HtmlTable table{
      .caption = "Exponent λ of the geometry that the changes follow, from the weights before and after",
      .head = {"network", "trained with", "seed", "its λ", "λ of all layers", "95 % interval",
               "median over the layers"},
      .rows = {},
      .text_columns = 2};
  std::map<Key, double> medians;
  for (const auto& row : data.exponents) {
    if (row.layer == "median" && std::isnan(row.epoch)) medians[row.key] = row.lambda;
  }
  for (const auto& row : data.exponents) {
    if (row.layer != "all" || !std::isnan(row.epoch)) continue;
    table.rows.push_back({{row.key.network},
                          {display(row.key.potential)},
                          {std::to_string(row.key.seed)},
                          {two_digits(exponent_of(row.key.potential))},
                          {two_digits(row.lambda)},
                          {std::isfinite(row.low) ? two_digits(row.low) + " – " + two_digits(row.high) : "–"},
                          {two_digits(medians[row.key])}});
  }
  return table.html();
}

std::string summary_table(const PageParts& parts) {
  const bool floors = any_pooled_floor(parts.data);
  HtmlTable table{.caption = "ΔCDF of all layers pooled, mean ± standard deviation over the seeds",
                  .head = {"trained with"},
                  .rows = {}};
  const bool several = parts.data.networks.size() > 1;
  if (several) table.head.insert(table.head.begin(), "network"), table.text_columns = 2;
  for (const char* name : {"under its own", "smallest under", "that ΔCDF", "seeds that agree"})
    table.head.push_back(name);
  if (floors) table.head.push_back("Gaussian floor");
  for (const auto& verdict : parts.verdicts) {
    std::vector<Cell> row;
    if (several) row.push_back({verdict.network});
    row.push_back({display(verdict.potential)});
    row.push_back({show(verdict.own)});
    row.push_back(
        {verdict.closest.empty() ? "–" : display(verdict.closest), verdict.own_is_closest() ? "own" : ""});
    row.push_back({show(verdict.closest_value)});
    row.push_back(
        {verdict.closest.empty() ? "–" : fmt::format("{} of {}", verdict.seeds_agreeing, verdict.seeds)});
    if (floors) row.push_back({show(verdict.floor_pooled)});
    table.rows.push_back(std::move(row));
  }
  return table.html();
}

std::string search_caption(const RunData& data) {
  std::vector<std::string> edges;
  std::size_t lost = 0;
  for (const auto& row : data.search) {
    lost += !std::isfinite(row.final_loss);
    if (!row.chosen) continue;
    bool lower = false, higher = false;
    for (const auto& other : data.search) {
      const bool same =
          other.network == row.network && other.potential == row.potential && other.epochs == row.epochs;
      lower |= same && other.lr < row.lr;
      higher |= same && other.lr > row.lr;
    }
    if (lower && higher) continue;
    edges.push_back(fmt::format("{} in {} ({} {})", escape_html(display(row.potential)),
                                escape_html(row.network),
                                lower    ? "largest rate,"
                                : higher ? "smallest rate,"
                                         : "only rate,",
                                show(row.lr)));
  }
  std::string text =
      "<b>Each circle is one short training</b> from the pretrained weights: across, its learning rate; "
      "up, the loss summed over the batches of its last epoch (both logarithmic). A line joins the "
      "trainings of one potential and one number of epochs. The <b>ringed circle</b> is the rate that the "
      "trials were trained with.";
  if (lost > 0) {
    text += fmt::format(" {} diverged: a filled triangle at the upper edge stands for each.",
                        counted(lost, "training"));
  }
  if (!edges.empty()) {
    text +=
        " At the edge of the rates searched, so that a better rate may lie outside: " + list_in_words(edges) +
        ".";
  }
  return text;
}

}  // namespace

std::string summary_section(const PageParts& parts) {
  std::string out = open_section("summary", "What this run shows");
  out += paragraph(verdict_in_words(parts.data, parts.verdicts), "verdict");
  out += paragraph(trials_in_words(parts.data));
  if (!parts.data.changes.empty()) out += summary_table(parts);
  return out + "</section>\n";
}

std::string geometry_sections(const PageParts& parts) {
  const bool analysed = parts.charts.has("delta_cdf_own");
  const std::string absent = paragraph("There is no analysis of this run yet.", "note");
  std::string out = open_section("own", "How Gaussian is each change under its own potential?");
  const std::string missing = missing_changes(parts.data);
  if (analysed && !missing.empty()) out += paragraph(missing, "note");
  out += (analysed ? chart(parts, "delta_cdf_own", own_caption(parts.data)) : absent) + "</section>\n";
  out += open_section("others", "And seen by the other potentials?");
  out += (analysed ? chart(parts, "delta_cdf_others", kOthersCaption) : absent) + "</section>\n";

  out += open_section("histogram", "The dual changes themselves");
  const bool histograms = parts.charts.has("histogram");
  out += histograms ? chart(parts, "histogram", kHistogramCaption)
                    : paragraph("There are no histograms in this run’s analysis.", "note");
  out += "</section>\n" + open_section("layers", "Layer by layer");
  if (!parts.note.empty()) out += paragraph(parts.note, "note");
  out += parts.charts.has("layers")
             ? chart(parts, "layers", kLayersCaption) + chart(parts, "heatmap", kHeatmapCaption)
             : paragraph("The analysis holds no single layers.", "note");
  out += "</section>\n" + open_section("geometry", "Which geometry do the changes follow?");
  out += parts.charts.has("lambda")
             ? exponent_table(parts.data) + chart(parts, "lambda", kLambdaCaption)
             : paragraph("The analysis of this run does not estimate the geometry.", "note");
  if (parts.charts.has("lambda_epochs")) {
    out += chart(parts, "lambda_epochs", kLambdaEpochsCaption) +
           chart(parts, "delta_cdf_epochs", kDeltaCdfEpochsCaption);
  }
  out += "</section>\n" + open_section("magnitude", "How large was the change?");
  return out + (analysed ? chart(parts, "magnitude", kMagnitudeCaption) : absent) + "</section>\n";
}

std::string training_sections(const PageParts& parts) {
  std::string out = open_section("training", "Training");
  if (parts.charts.has("loss")) {
    out += chart(parts, "loss",
                 "<b>One line per trial</b>, colour and dash by the potential: the mean loss over the "
                 "training images, epoch by epoch, on a logarithmic scale. A line that ends early "
                 "belongs to a trial that diverged or was stopped.");
  } else {
    out += paragraph("No epoch of any trial has been recorded.", "note");
  }
  if (parts.charts.has("accuracy")) {
    out += chart(parts, "accuracy",
                 "<b>One line per trial</b>: the share of training images classified correctly while the "
                 "epoch ran, with the network in training mode. The accuracies after training, in "
                 "evaluation mode, are in the table of trials.");
  }
  out += "</section>\n" + open_section("search", "Search for the learning rate");
  out += parts.charts.has("search")
             ? chart(parts, "search", search_caption(parts.data))
             : paragraph("There was no search: the learning rates were fixed in the configuration.", "note");
  return out + "</section>\n";
}

}  // namespace mirrortune::report
