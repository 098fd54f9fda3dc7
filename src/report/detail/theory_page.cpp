#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/detail/format.h"
#include "report/detail/frame.h"
#include "report/detail/html.h"
#include "report/detail/run_data.h"
#include "report/detail/theory_figures.h"
#include "report/theory.h"

namespace mirrortune::report {
namespace {

constexpr const char* kSource =
    "<p>After Pogodin et al., <i>Synaptic Weight Distributions Depend on the Geometry of Plasticity</i> "
    "(ICLR&nbsp;2024), figure&nbsp;";

std::string source(const std::string& figure) { return kSource + figure + ".</p>\n"; }

// ---- Robustness ----

/// Rows of one start and generating potential, in the order of the evaluating ones.
std::vector<const RobustnessRow*> rows_of(const Robustness& result, StartWeights start,
                                          const std::string& generated) {
  std::vector<const RobustnessRow*> rows;
  for (const auto& row : result.rows) {
    if (row.start == start && row.generated_with == generated) rows.push_back(&row);
  }
  return rows;
}

constexpr double kPlainlyAbove = 2;  ///< times the floor

/// Which potentials look at a change without plainly seeing that it is not Gaussian; neighbours in the order
/// of the table as the first and the last of them.
std::string fooled_of(const Robustness& result, const std::vector<const RobustnessRow*>& rows) {
  std::vector<std::string> fooled;
  std::size_t first = 0, last = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!(rows[i]->delta_cdf_mean < kPlainlyAbove * result.floor)) continue;
    if (fooled.empty()) first = i;
    last = i;
    fooled.push_back(display(rows[i]->evaluated_with));
  }
  if (fooled.empty()) return "none";
  const bool neighbours = last - first + 1 == fooled.size();
  return neighbours && fooled.size() > 2 ? fooled.front() + " to " + fooled.back() : list_in_words(fooled);
}

std::vector<std::string> verdicts(const Robustness& result) {
  std::vector<std::string> sentences;
  for (const StartWeights start : kStartWeights) {
    for (const auto& generated : result.options.generated_with) {
      sentences.push_back(fmt::format("{} weights, generated with {}: {}", to_text(start), display(generated),
                                      fooled_of(result, rows_of(result, start, generated))));
    }
  }
  return sentences;
}

/// A line for each evaluating potential, a column for each generating one.
std::string table_of(const Robustness& result, StartWeights start) {
  HtmlTable table{.caption = to_text(start) + " weights before: ΔCDF, mean ± sd over the seeds",
                  .head = {"evaluated with"},
                  .rows = {}};
  for (const auto& evaluated : result.options.evaluated_with) table.rows.push_back({{display(evaluated)}});
  table.rows.push_back({{"sign flips"}});
  for (const auto& generated : result.options.generated_with) {
    table.head.push_back("generated with " + display(generated));
    const auto rows = rows_of(result, start, generated);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Spread value{.count = static_cast<int>(result.options.seeds),
                         .mean = rows[i]->delta_cdf_mean,
                         .sd = rows[i]->delta_cdf_sd};
      table.rows[i].push_back({show(value), rows[i]->evaluated_with == generated ? "own" : ""});
    }
    table.rows.back().push_back({show_percent(rows[0]->sign_flips)});
  }
  return table.html();
}

constexpr const char* kRobustnessCaption =
    "<b>How far a wrong potential may be off.</b> Each line is a potential that made the changes, in its own "
    "dual "
    "space by Gaussian noise; along the axis are those that look at them. Lines are means over the seeds, "
    "bands "
    "one standard deviation; the large dot is the potential that made the change. The dotted line is what as "
    "many "
    "independent Gaussian changes have, <span class=\"formula\">1.184/√n</span>: no change can be told from "
    "Gaussian "
    "below it. The axis is logarithmic.";

PageFrame page_of(const Robustness& result, const Charts& charts) {
  const RobustnessOptions& options = result.options;
  PageFrame page{.kind = "mirrortune theory robustness",
                 .title = "How far may the potential be off?",
                 .summary = open_section("summary", "What was simulated"),
                 .places = {{"robustness", "Robustness"}, {"tables", "Table"}},
                 .sections = {},
                 .data = {}};
  page.summary += paragraph(
      fmt::format(
          "{} weights change by φ′(w after) = φ′(w before) + {:g}·φ′({:g})·ξ with Gaussian ξ, for {}.",
          show_count(static_cast<double>(options.weights)), options.change, options.reference,
          counted(static_cast<std::size_t>(options.seeds), "seed")),
      "verdict");
  page.summary += paragraph(fmt::format(
                      "ΔCDF stays below {:g} times its sampling floor, {:.4f}, when changes are seen by",
                      kPlainlyAbove, result.floor)) +
                  list_of(verdicts(result)) + source("3B") + "</section>\n";
  page.sections =
      section("robustness", "ΔCDF under each potential",
              charts.html("robustness", kRobustnessCaption, CaptionPlace::below)) +
      section("tables", "Table",
              table_of(result, StartWeights::normal) + table_of(result, StartWeights::log_normal));
  return page;
}

// ---- Dynamics ----

std::string point_text(const TwoWeights& w) { return fmt::format("({:.7g}, {:.7g})", w[0], w[1]); }

std::string flows_table(const Dynamics& dynamics) {
  HtmlTable table{
      .caption = "Every flow. Drift: greatest change of φ′(w₁) − φ′(w₂)/2 on the way, relative to its parts",
      .head = {"potential", "start", "end", "ended by", "time", "loss", "drift"},
      .rows = {},
      .text_columns = 4};
  for (const auto& flow : dynamics.flows) {
    table.rows.push_back({{display(flow.potential)},
                          {point_text(flow.start)},
                          {point_text(flow.end)},
                          {to_text(flow.ended)},
                          {show(flow.time)},
                          {show(flow.points.back().loss, 6)},
                          {show(flow.conserved_drift, 2)}});
  }
  return table.html();
}

constexpr const char* kFlowCaption =
    "<b>The weights.</b> From each start (black) every potential follows a line of its own to the minima "
    "(dotted, "
    "<span class=\"formula\">w<sub>1</sub>/2 + w<sub>2</sub></span> constant), and ends at the coloured dot. "
    "Grey "
    "lines are 0: negative entropy never crosses them.";

constexpr const char* kDualFlowCaption =
    "<b>The same flows in the dual space of negative entropy</b>, "
    "<span class=\"formula\">sgn(w)(ln|w|&nbsp;+&nbsp;1)</span>. Negative entropy moves along straight lines "
    "here, "
    "since the gradient has one direction. A weight that changes its sign leaves at one side and comes "
    "back at the other.";

PageFrame page_of(const Dynamics& dynamics, const Charts& charts) {
  const PlaneLoss& loss = plane_loss_named(dynamics.options.loss);
  PageFrame page{.kind = "mirrortune theory dynamics",
                 .title = "Two weights under mirror descent",
                 .summary = open_section("summary", "What was integrated"),
                 .places = {{"flow", "Weights"}, {"dual", "Dual space"}, {"tables", "Table"}},
                 .sections = {},
                 .data = {}};
  page.summary +=
      paragraph(fmt::format("The mirror flow dφ′(w)/dt = −∇l(w) of l = {}.", loss.formula), "verdict");
  if (loss.is_ridge()) {
    page.summary += paragraph(
        "The loss is one of w₁/2 + w₂ alone, so that every flow conserves φ′(w₁) − φ′(w₂)/2: this and the "
        "line of "
        "minima give the end of each.");
  }
  page.summary += notes_html(dynamics.notes) + source("2") + "</section>\n";
  page.sections = section("flow", "In the plane of the weights",
                          charts.html("flow", kFlowCaption, CaptionPlace::beside)) +
                  section("dual", "In the dual plane of negative entropy",
                          charts.html("flow_dual", kDualFlowCaption, CaptionPlace::beside)) +
                  section("tables", "Flows", flows_table(dynamics));
  return page;
}

// ---- Linear regressions ----

constexpr const char* kLinregCaption =
    "<b>How Gaussian the changes are, by the number of weights.</b> Lines are medians over the seeds, bands "
    "reach from the 5&nbsp;% to the 95&nbsp;% quantile; solid: trained by mirror descent, dashed: the exact "
    "solution. The dotted line is what as many independent Gaussian changes have, "
    "<span class=\"formula\">1.184/√D</span>. Both axes are logarithmic.";

constexpr const char* kMagnitudeCaption =
    "<b>How large they are</b>, beside the weights in the dual space: "
    "<span class=\"formula\">‖φ′(w) − φ′(w<sub>0</sub>)‖ / ‖φ′(w<sub>0</sub>)‖</span>.";

constexpr const char* kSpreadCaption =
    "<b>Their standard deviation, measured by predicted.</b> Theorem 1 of the paper holds where N is far "
    "below "
    "D: there the lines come to 1. Potentials for which the prediction does not exist are left out.";

std::string regressions_table(const Linreg& result) {
  HtmlTable table{.caption = "Medians over the seeds",
                  .head = {"solution", "potential", "c", "D", "N", "ΔCDF", "floor", "magnitude",
                           "spread/theorem", "loss", "seeds"},
                  .rows = {},
                  .text_columns = 2};
  for (const auto& cell : summarise(result)) {
    table.rows.push_back({{to_text(cell.solution)},
                          {display(cell.potential)},
                          {fmt::format("{:g}", cell.c)},
                          {std::to_string(cell.D)},
                          {std::to_string(cell.N)},
                          {show(cell.delta_cdf.median)},
                          {show(cell.floor)},
                          {show(cell.magnitude.median)},
                          {show(cell.spread_ratio.median)},
                          {show(cell.loss)},
                          {std::to_string(cell.seeds)}});
  }
  return table.html();
}

PageFrame page_of(const Linreg& result, const Charts& charts) {
  const LinregOptions& options = result.options;
  PageFrame page{.kind = "mirrortune theory linreg",
                 .title = "Linear regressions under mirror descent",
                 .summary = open_section("summary", "What was trained"),
                 .places = {{"delta_cdf", "ΔCDF"}, {"magnitude", "Magnitude"}},
                 .sections = {},
                 .data = {}};
  page.summary += paragraph(
      fmt::format(
          "Regressions with {} to {} weights hold ⌊D^exponent⌋ labels ±1 of {} inputs whose correlation "
          "falls as 1/(1 + |i − j|^c), {} each.",
          show_count(static_cast<double>(std::ranges::min(options.dimensions))),
          show_count(static_cast<double>(std::ranges::max(options.dimensions))), to_text(options.inputs),
          counted(static_cast<std::size_t>(options.seeds), "seed")),
      "verdict");
  page.summary += notes_html(result.notes) + source("3A") + "</section>\n";
  page.sections = section("delta_cdf", "Are the changes Gaussian?",
                          charts.html("linreg_delta_cdf", kLinregCaption, CaptionPlace::below)) +
                  section("magnitude", "How large are they?",
                          charts.html("linreg_magnitude", kMagnitudeCaption, CaptionPlace::below));
  if (charts.has("linreg_spread")) {
    page.places.emplace_back("spread", "Spread");
    page.sections += section("spread", "Does the theorem predict their spread?",
                             charts.html("linreg_spread", kSpreadCaption, CaptionPlace::below));
  }
  page.places.emplace_back("tables", "Table");
  page.sections += section("tables", "Table", regressions_table(result));
  return page;
}

// ---- Spines ----

std::string numbers(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + show(value, 4);
  return text;
}

std::string fits_table(const SpineFindings& findings) {
  HtmlTable table{
      .caption = "Models by maximum likelihood. Spread: σ in the dual space of the potential",
      .head = {"potential", "K", "log likelihood", "spread", "initial volumes", "their shares", "below 0"},
      .rows = {}};
  for (const auto& fit : findings.fits) {
    table.rows.push_back({{display(fit.potential)},
                          {std::to_string(fit.point_masses)},
                          {fmt::format("{:.1f}", fit.log_likelihood)},
                          {show(fit.sigma)},
                          {numbers(fit.points)},
                          {numbers(fit.weights)},
                          {show_percent(fit.mass_below_zero)}});
  }
  return table.html();
}

std::string verdict(const SpineFindings& findings) {
  std::string text =
      fmt::format("{} volumes, {}. ", show_count(static_cast<double>(findings.volumes.volumes.size())),
                  findings.volumes.source);
  std::vector<int> counts;
  for (const auto& fit : findings.fits) counts.push_back(fit.point_masses);
  std::ranges::sort(counts);
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  for (const int count : counts) {
    const SpineFit* best = nullptr;
    for (const auto& fit : findings.fits) {
      if (fit.point_masses == count && (!best || fit.log_likelihood > best->log_likelihood)) best = &fit;
    }
    text += fmt::format("With {}, {} is the likeliest ({:.0f}). ",
                        counted(static_cast<std::size_t>(count), "initial volume"), display(best->potential),
                        best->log_likelihood);
  }
  return text;
}

constexpr const char* kSpinesCaption =
    "<b>Bars: observed volumes.</b> Coloured rules: the initial volumes of the model, each as high as its "
    "share of "
    "the highest bar. Line: the volumes after Gaussian changes in the dual space of the potential, by "
    "maximum "
    "likelihood. What lies left of 0 the model gives to volumes that cannot be. Lines higher than the panel "
    "are cut.";

PageFrame page_of(const SpineFindings& findings, const Charts& charts) {
  PageFrame page{.kind = "mirrortune theory spines",
                 .title = findings.volumes.md5.empty() ? "Simulated spine volumes" : findings.volumes.source,
                 .summary = open_section("summary", "What these volumes show"),
                 .places = {{"spines", "Volumes"}, {"tables", "Models"}},
                 .sections = {},
                 .data = {}};
  std::vector<std::string> notes = findings.volumes.notes;
  notes.insert(notes.begin(), kUnpairedNote);
  page.summary += paragraph(verdict(findings), "verdict") + notes_html(notes) + source("5") + "</section>\n";
  page.sections = section("spines", "Observed and modelled volumes",
                          charts.html("spines", kSpinesCaption, CaptionPlace::below)) +
                  section("tables", "Models", fits_table(findings));
  return page;
}

template <class Findings>
void write_page(const Findings& findings, const std::filesystem::path& output) {
  const FiguresPage page{
      .figures = make_figures(findings), .tables = make_tables(findings), .legends = ChartLegends::shown};
  page.write(output, [&](const Charts& charts) { return page_of(findings, charts); });
}

}  // namespace
}  // namespace mirrortune::report

namespace mirrortune {

void write_robustness(const Robustness& result, const std::filesystem::path& output) {
  report::write_page(result, output);
}

void write_dynamics(const Dynamics& dynamics, const std::filesystem::path& output) {
  report::write_page(dynamics, output);
}

void write_linreg(const Linreg& result, const std::filesystem::path& output) {
  report::write_page(result, output);
}

void write_spines(const SpineFindings& findings, const std::filesystem::path& output) {
  report::write_page(findings, output);
}

}  // namespace mirrortune
