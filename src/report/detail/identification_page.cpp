#include <cmath>

#include <fmt/format.h>

#include "analysis/potentials.h"
#include "report/detail/format.h"
#include "report/detail/frame.h"
#include "report/detail/html.h"
#include "report/detail/identification_figures.h"
#include "report/detail/run_data.h"
#include "report/identification.h"

namespace mirrortune::report {
namespace {

constexpr const char* kKind = "mirrortune identify";

constexpr const char* kMeaning =
    "λ says how changes grow with the size: in proportion to <span "
    "class=\"formula\">|w|<sup>1−λ</sup></span>. "
    "0 is negative entropy (multiplicative changes), 1 gradient descent (additive changes), p&nbsp;−&nbsp;1 "
    "a "
    "p-norm. It does not prove mirror descent: whatever changes sizes in this proportion has this λ.";

std::string interval_text(const Interval& interval, double shift = 0) {
  if (std::isnan(interval.low)) return "–";
  const auto end = [&](double value) {
    return std::isfinite(value) ? fmt::format("{:.2f}", value + shift) : value < 0 ? "−∞" : "∞";
  };
  return fmt::format("[{}, {}]", end(interval.low), end(interval.high));
}

/// "λ = 0.98, 95 % interval [0.92, 1.06] by …; as a p-norm, p = 1.98 [1.92, 2.06]."
std::string estimate_in_words(double lambda, const Interval& interval, const std::string& by) {
  return fmt::format("λ = {}, 95 % interval {} by {}; as a p-norm, p = λ + 1 = {} {}.", two_digits(lambda),
                     interval_text(interval), by, two_digits(lambda + 1), interval_text(interval, 1));
}

// ---- A table of synapses ----

std::string verdict(const TableFindings& findings) {
  const Identification& found = findings.identification;
  std::string text = fmt::format("{} changes. ", show_count(static_cast<double>(found.n)));
  text += estimate_in_words(found.profile.best.lambda, found.interval(), found.interval_by());
  if (!found.models.empty() && std::isfinite(found.models[0].log_likelihood)) {
    text += fmt::format(" Among the compared potentials, {} explains them best.",
                        display(found.models[0].potential));
  }
  return text;
}

std::string models_table(const Identification& found) {
  HtmlTable table{
      .caption =
          "Models of the changes, the most likely first. Weight: Akaike weight among the compared "
          "potentials. Vuong’s z is N(0, 1) if a potential is as near as the first",
      .head = {"potential", "λ", "log likelihood", "AIC", "weight", "Vuong z"},
      .rows = {}};
  const auto one_digit = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.1f}", value) : "–";
  };
  for (const auto& model : found.models) {
    const bool first = &model == &found.models.front();
    const auto lambda = power_of(potential_named(model.potential));
    table.rows.push_back({{display(model.potential)},
                          {lambda ? fmt::format("{:g}", *lambda) : "–"},
                          {one_digit(model.log_likelihood)},
                          {one_digit(model.aic)},
                          {model.weight_text(), first ? "own" : ""},
                          {first || !std::isfinite(model.log_likelihood) ? "–" : one_digit(model.vuong_z)}});
  }
  table.rows.push_back({{"power, λ estimated"},
                        {two_digits(found.profile.best.lambda)},
                        {one_digit(found.profile.best.log_likelihood)},
                        {one_digit(found.aic)},
                        {"–"},
                        {"–"}});
  if (found.smooth) {
    table.rows.push_back({{fmt::format("smooth_power, β = {:.2g}", found.smooth->beta)},
                          {two_digits(found.smooth->lambda)},
                          {one_digit(found.smooth->log_likelihood)},
                          {one_digit(found.smooth->aic)},
                          {"–"},
                          {"–"}});
  }
  return table.html();
}

constexpr const char* kProfileCaption =
    "<b>How likely each λ is</b>, with everything else at its best for that λ: the logarithm of the "
    "likelihood below "
    "its maximum, which is at the dot. Where the curve crosses the dotted line, 1.92 below the maximum (half "
    "the "
    "95&nbsp;% quantile of χ² with one degree of freedom), lie the ends of the profile interval. The <b>grey "
    "band</b> is the interval that is reported. Black dots are compared potentials.";

constexpr const char* kGrowthCaption =
    "<b>Each small dot is one synapse</b>: its size before, and by how much it changed, both without sign "
    "and on "
    "logarithmic axes. Large dots are medians of as many neighbours each. The line has the estimated slope "
    "<span class=\"formula\">1&nbsp;−&nbsp;λ</span>, and half of the changes lie above it: a slope of 1 is "
    "negative "
    "entropy, a level line gradient descent. Measured changes hold the noise of the measurement, the "
    "estimate does "
    "not where the noise is known.";

constexpr const char* kHistogramCaption =
    "<b>The dual changes <span class=\"formula\">φ′(w<sub>after</sub>) − φ′(w<sub>before</sub>)</span></b> "
    "under each "
    "potential φ, as its model has them: without the drift if one is estimated, in units of the group’s own "
    "spread and of the noise where these are known, and divided by their standard deviation. Bars: share per "
    "unit. "
    "Line: the density of N(0,&nbsp;1), which the changes follow under the geometry that made them. Bars "
    "taller "
    "than the panel are cut.";

constexpr const char* kQuantilesCaption =
    "<b>The same changes, quantile by quantile</b>: where the dots follow the line, they are Gaussian. Tails "
    "that "
    "bend away from it at both ends are those of a mixture of spreads, as a wrong geometry leaves it.";

std::string growth_caption(const TableFindings& findings) {
  const auto n = static_cast<std::size_t>(findings.identification.n);
  if (n <= kMostDrawn) return kGrowthCaption;
  return kGrowthCaption + fmt::format(" Of {} synapses, {} are drawn, chosen at random.",
                                      show_count(static_cast<double>(n)),
                                      show_count(static_cast<double>(kMostDrawn)));
}

PageFrame page_of(const TableFindings& findings, const Charts& charts) {
  const Identification& found = findings.identification;
  PageFrame page{.kind = kKind,
                 .title = findings.table,
                 .summary = open_section("summary", "What these changes show"),
                 .places = {{"growth", "Growth"}, {"likelihood", "Likelihood"}},
                 .sections = {},
                 .data = {}};
  page.summary += paragraph(verdict(findings), "verdict");
  page.summary += paragraph(fmt::format("From {} to {}.", findings.sessions.before, findings.sessions.after));
  page.summary += std::string("<p>") + kMeaning + "</p>\n";
  if (found.coverage) {
    page.summary +=
        paragraph(fmt::format("The profile interval {} held λ in {:.1f} % of simulated tables like this one.",
                              interval_text(found.profile.interval), 100 * *found.coverage));
  }
  page.summary += notes_html(found.notes) + "<h3>What would change the conclusion</h3>\n" +
                  list_of(found.would_change) + "</section>\n";
  page.sections = section("growth", "How do changes grow with the size?",
                          charts.html("growth", growth_caption(findings), CaptionPlace::beside)) +
                  section("likelihood", "How likely is each exponent?",
                          charts.html("profile", kProfileCaption, CaptionPlace::beside));
  if (charts.has("dual_changes")) {
    page.places.insert(page.places.end(), {{"duals", "Dual changes"}, {"gaussian", "Quantiles"}});
    page.sections += section("duals", "The changes in the dual space of each potential",
                             charts.html("dual_changes", kHistogramCaption, CaptionPlace::below)) +
                     section("gaussian", "Are they Gaussian?",
                             charts.html("quantiles", kQuantilesCaption, CaptionPlace::below));
  }
  page.places.emplace_back("tables", "Models");
  page.sections += section("tables", "Models", models_table(found));
  return page;
}

// ---- A pair of weights files ----

std::string verdict(const NetworkFindings& findings) {
  const LayersIdentification& found = findings.identification;
  if (std::isnan(found.lambda)) return "No layer has enough changes to tell their geometry.";
  return estimate_in_words(found.lambda, found.interval, kLayersIntervalBy) +
         fmt::format(" Median of {} layers: λ = {}.", found.layers.size(), two_digits(found.median));
}

std::string layers_table(const LayersIdentification& found) {
  HtmlTable table{.caption = "Every layer; press a column’s head to sort by it",
                  .head = {"layer", "place", "weights", "changes", "λ", "95 % interval", "drift %",
                           "sign flips", "sd ln|w before|"},
                  .rows = {},
                  .sortable = true};
  for (std::size_t i = 0; i < found.layers.size(); ++i) {
    const LayerGeometry& layer = found.layers[i];
    table.rows.push_back({{layer.layer},
                          {std::to_string(i + 1)},
                          {show_count(static_cast<double>(layer.weights))},
                          {show_count(static_cast<double>(layer.n))},
                          {two_digits(layer.lambda)},
                          {interval_text(layer.interval)},
                          {std::isnan(layer.drift) ? "–" : fmt::format("{:+.2f}", 100 * layer.drift)},
                          {show_count(static_cast<double>(layer.flips))},
                          {show(layer.log_sd)}});
  }
  return "<div class=\"layer-table\">" + table.html() + "</div>\n";
}

constexpr const char* kDepthCaption =
    "<b>Every dot is the exponent λ of one layer</b> (point at one for its name), by maximum likelihood from "
    "its "
    "weights before and after, with its 95&nbsp;% interval from a bootstrap over output channels. The line "
    "is λ of "
    "all layers together, the <b>grey band</b> its interval. Every output and input channel has a scale of "
    "its own, "
    "unless the whole layer was asked to have one.";

constexpr const char* kSummedCaption =
    "<b>The layers’ likelihoods, summed</b>: how much less likely every other λ is, if all layers have the "
    "same. The "
    "grey band is the interval, from a bootstrap over layers and rows, since weights of one layer do not "
    "change "
    "independently and the curve alone would be too sure.";

PageFrame page_of(const NetworkFindings& findings, const Charts& charts) {
  const LayersIdentification& found = findings.identification;
  PageFrame page{.kind = kKind,
                 .title = findings.before + " → " + findings.after,
                 .summary = open_section("summary", "What these changes show"),
                 .places = {{"depth", "Layers"}},
                 .sections = section("depth", "The exponent along the depth",
                                     charts.html("depth", kDepthCaption, CaptionPlace::below)),
                 .data = {}};
  page.summary += paragraph(verdict(findings), "verdict") + "<p>" + kMeaning +
                  " λ&nbsp;=&nbsp;1 holds for gradient descent and for Adam alike.</p>\n";
  if (found.normalised) {
    page.summary += paragraph("No channel changes along its own weights, as batch norm has it.");
  }
  page.summary += notes_html(found.notes) + "</section>\n";
  if (charts.has("profile")) {
    page.places.emplace_back("likelihood", "Likelihood");
    page.sections += section("likelihood", "How likely is each exponent?",
                             charts.html("profile", kSummedCaption, CaptionPlace::beside));
  }
  page.places.emplace_back("tables", "Table");
  page.sections += section("tables", "Layer by layer", layers_table(found));
  return page;
}

template <class Findings>
void write_page(const Findings& findings, const std::filesystem::path& output) {
  const FiguresPage page{.figures = make_figures(findings), .tables = make_tables(findings)};
  page.write(output, [&](const Charts& charts) { return page_of(findings, charts); });
}

}  // namespace
}  // namespace mirrortune::report

namespace mirrortune {

void write_identification(const TableFindings& findings, const std::filesystem::path& output) {
  report::write_page(findings, output);
}

void write_identification(const NetworkFindings& findings, const std::filesystem::path& output) {
  report::write_page(findings, output);
}

}  // namespace mirrortune
