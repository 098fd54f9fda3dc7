#include "cli/geometry_text.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

Json interval_json(const Interval& interval, double shift = 0) {
  return {number_or_null(interval.low + shift), number_or_null(interval.high + shift)};
}

std::string interval_text(const Interval& interval, double shift = 0) {
  if (std::isnan(interval.low)) return "–";
  return fmt::format("[{:.2f}, {:.2f}]", interval.low + shift, interval.high + shift);
}

std::string lambda_text(double lambda) { return std::isnan(lambda) ? "–" : fmt::format("{:.2f}", lambda); }

void add_lambda(Json& document, std::int64_t n, double lambda, const Interval& interval) {
  document["n"] = n;
  document["lambda"] = number_or_null(lambda);
  document["lambda_interval"] = interval_json(interval);
  document["p"] = number_or_null(lambda + 1);
  document["p_interval"] = interval_json(interval, 1);
}

/// "lambda = 0.98, 95 % [0.93, 1.03] by …; that is the p-norm with p = 1.98 [1.93, 2.03]"
std::string headline(double lambda, const Interval& interval, const std::string& by) {
  return fmt::format("lambda = {}, 95 % {} by {}\np = lambda + 1 = {} {}\n", lambda_text(lambda),
                     interval_text(interval), by, lambda_text(lambda + 1), interval_text(interval, 1));
}

}  // namespace

Json to_json(const Identification& result, const Measurement& measurement) {
  Json document;
  add_lambda(document, result.n, result.profile.best.lambda, result.interval());
  document["interval_by"] = result.interval_by();
  document["profile_interval"] = interval_json(result.profile.interval);
  document["standard_error"] =
      result.bootstrap ? number_or_null(result.bootstrap->standard_error) : Json(nullptr);
  document["sigma"] = result.profile.best.sigma;
  document["log_likelihood"] = result.profile.best.log_likelihood;
  document["aic"] = result.aic;
  document["coverage"] = result.coverage ? Json(*result.coverage) : Json(nullptr);
  document["clusters"] = result.clusters;
  document["log_sd"] = result.log_sd;
  document["zeros"] = result.zeros;
  document["unchanged"] = result.unchanged;
  document["unseen"] = result.unseen;
  document["flips"] = result.flips;
  document["drift"] = number_or_null(result.drift);
  document["drift_z"] = number_or_null(result.drift_z);
  document["noise_cv"] = measurement.cv;
  document["noise_add"] = measurement.add;
  document["detection_limit"] =
      measurement.detection_limit ? Json(*measurement.detection_limit) : Json(nullptr);
  document["models"] = Json::array();
  for (const auto& model : result.models) {
    document["models"].push_back({{"potential", model.potential},
                                  {"log_likelihood", number_or_null(model.log_likelihood)},
                                  {"aic", number_or_null(model.aic)},
                                  {"weight", model.weight},
                                  {"vuong_z", number_or_null(model.vuong_z)},
                                  {"vuong_p", number_or_null(model.vuong_p)}});
  }
  if (result.smooth) {
    document["smooth_power"] = {{"lambda", result.smooth->lambda},
                                {"beta", result.smooth->beta},
                                {"log_likelihood", result.smooth->log_likelihood},
                                {"aic", result.smooth->aic}};
  }
  document["profile"] = Json::array();
  for (const auto& point : result.profile.curve) {
    document["profile"].push_back(
        {{"lambda", point.lambda}, {"log_likelihood", number_or_null(point.log_likelihood)}});
  }
  document["notes"] = result.notes;
  return document;
}

std::string to_text(const Identification& result) {
  std::string text = fmt::format("{} changes\n", result.n);
  text += headline(result.profile.best.lambda, result.interval(), result.interval_by());
  if (result.coverage) {
    text += fmt::format("profile interval {}: held lambda in {:.1f} % of simulated tables\n",
                        interval_text(result.profile.interval), 100 * *result.coverage);
  }
  std::vector<std::vector<std::string>> rows = {{"potential", "log likelihood", "AIC", "weight", "Vuong z"}};
  const auto add = [&](const std::string& name, double log_likelihood, double aic, const std::string& weight,
                       const std::string& vuong) {
    rows.push_back({name, std::isfinite(log_likelihood) ? fmt::format("{:.1f}", log_likelihood) : "–",
                    std::isfinite(aic) ? fmt::format("{:.1f}", aic) : "–", weight, vuong});
  };
  for (const auto& model : result.models) {
    const bool best = &model == &result.models.front() || !std::isfinite(model.log_likelihood);
    add(model.potential, model.log_likelihood, model.aic, model.weight_text(),
        best ? "–" : fmt::format("{:.1f}", model.vuong_z));
  }
  add(fmt::format("power(lambda={:.2f})", result.profile.best.lambda), result.profile.best.log_likelihood,
      result.aic, "–", "–");
  if (result.smooth) {
    add(fmt::format("smooth_power(lambda={:.2f},beta={:.2g})", result.smooth->lambda, result.smooth->beta),
        result.smooth->log_likelihood, result.smooth->aic, "–", "–");
  }
  return text + format_table(rows) + notes_text(result.notes);
}

Json to_json(const Control& control) {
  Json document = {{"before", control.sessions.before}, {"after", control.sessions.after},
                   {"noise_cv", control.noise.cv},      {"noise_add", control.noise.add},
                   {"median", control.median},          {"log_sd", control.log_sd},
                   {"log_change", control.log_change}};
  add_lambda(document, control.changes.n, control.changes.profile.best.lambda,
             control.changes.profile.interval);
  return document;
}

std::string to_text(const Control& control) {
  return fmt::format(
      "control {} to {}: {} changes, sd of the log {:.3g}, lambda = {} {}; taken as the noise: relative "
      "{:.3g}, additive {:.3g}",
      control.sessions.before, control.sessions.after, control.changes.n, control.log_change,
      lambda_text(control.changes.profile.best.lambda), interval_text(control.changes.profile.interval),
      control.noise.cv, control.noise.add);
}

SessionPair parse_sessions(const std::string& option, const std::string& text) {
  const auto labels = split(text, ',');
  if (labels.size() != 2) {
    throw UsageError(
        {.what = "wrong command line",
         .why = option + " takes two labels with a comma between them, not '" + printable(text) + "'"});
  }
  return {labels[0], labels[1]};
}

Json to_json(const LayersIdentification& result) {
  Json document;
  std::int64_t n = 0;
  Json layers = Json::array();
  for (const auto& layer : result.layers) {
    n += layer.n;
    Json entry = {{"layer", layer.layer}, {"weights", layer.weights}};
    add_lambda(entry, layer.n, layer.lambda, layer.interval);
    entry["profile_interval"] = interval_json(layer.profile_interval);
    entry["zeros"] = layer.zeros;
    entry["unchanged"] = layer.unchanged;
    entry["nonfinite"] = layer.nonfinite;
    entry["rounded"] = layer.rounded;
    entry["flips"] = layer.flips;
    entry["log_sd"] = number_or_null(layer.log_sd);
    entry["drift"] = number_or_null(layer.drift);
    layers.push_back(std::move(entry));
  }
  add_lambda(document, n, result.lambda, result.interval);
  document["interval_by"] = kLayersIntervalBy;
  document["median_lambda"] = number_or_null(result.median);
  document["normalised"] = result.normalised;
  document["layers"] = std::move(layers);
  document["profile"] = Json::array();
  for (std::size_t i = 0; i < result.profile.size(); ++i) {
    document["profile"].push_back(
        {{"lambda", result.grid[i]}, {"log_likelihood", number_or_null(result.profile[i])}});
  }
  document["notes"] = result.notes;
  return document;
}

std::string to_text(const LayersIdentification& result) {
  std::vector<std::vector<std::string>> rows = {
      {"layer", "n", "lambda", "95 %", "drift %", "flips", "log-sd w0"}};
  for (const auto& layer : result.layers) {
    rows.push_back({layer.layer, std::to_string(layer.n), lambda_text(layer.lambda),
                    interval_text(layer.interval),
                    std::isnan(layer.drift) ? "–" : fmt::format("{:+.2f}", 100 * layer.drift),
                    std::to_string(layer.flips), short_number(layer.log_sd)});
  }
  return headline(result.lambda, result.interval, kLayersIntervalBy) +
         fmt::format("median of {} layers: lambda = {}\n", result.layers.size(), lambda_text(result.median)) +
         (result.normalised ? "no channel changes along its own weights, as batch norm has it\n" : "") +
         format_table(rows) + notes_text(result.notes);
}

}  // namespace mirrortune::cli
