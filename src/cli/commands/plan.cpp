#include "geometry/plan.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/geometry_text.h"
#include "cli/one_of.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

constexpr const char* kAnswers[] = {"the true geometry gets the greater likelihood",
                                    "the ΔCDF under the alternative is refused at 5 %",
                                    "the ΔCDF under the true geometry is the smaller"};

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string to_text(const PlanOptions& options, const Plan& plan) {
  const auto& truth = options.synapses.potential;
  std::string text = fmt::format("{} synapses: in {} of the experiments {}\n", plan.n, percent(plan.power),
                                 kAnswers[static_cast<int>(options.test)]);
  text += fmt::format("truth {}, alternative {}, log-sd of the sizes {:g}, change {:g}\n", truth,
                      options.alternative, options.synapses.log_sd, options.synapses.change);
  std::vector<std::vector<std::string>> rows = {{"synapses", "power", "standard error"}};
  for (const auto& point : plan.curve) {
    rows.push_back({std::to_string(point.n), percent(point.power),
                    options.simulations > 0 ? percent(point.error) : "–"});
  }
  return text + format_table(rows) + notes_text(plan.notes);
}

Json to_json(const PlanOptions& options, const Plan& plan) {
  static const std::map<PlanTest, const char*> names = {{PlanTest::likelihood, "likelihood"},
                                                        {PlanTest::rejection, "rejection"},
                                                        {PlanTest::delta_cdf, "delta_cdf"}};
  Json document = {{"n", plan.n},
                   {"power", plan.power},
                   {"truth", options.synapses.potential},
                   {"alternative", options.alternative},
                   {"test", names.at(options.test)},
                   {"log_sd", options.synapses.log_sd},
                   {"change", options.synapses.change},
                   {"noise_cv", options.synapses.noise_cv},
                   {"noise_add", options.synapses.noise_add},
                   {"detection_limit", options.synapses.detection_limit},
                   {"power_asked_for", options.n > 0 ? Json(nullptr) : Json(options.power)},
                   {"simulations", options.simulations},
                   {"seed", options.synapses.seed}};
  document["curve"] = Json::array();
  for (const auto& point : plan.curve) {
    document["curve"].push_back({{"n", point.n}, {"power", point.power}, {"standard_error", point.error}});
  }
  document["notes"] = plan.notes;
  return document;
}

/// Two sessions without learning, from which the sizes and the noise of the planned experiment are taken.
struct ControlArguments {
  std::filesystem::path table;
  std::string sessions;
};

/// The control of the plan's experiment, in its own unit.
std::optional<Control> take_control(const ControlArguments& from, const Globals& globals, PlanOptions& to) {
  if (from.table.empty()) return {};
  TableOptions options;
  if (!from.sessions.empty()) options.sessions = parse_sessions("--sessions", from.sessions);
  const Control control = control_of(read_pairs(from.table, options), globals.threads);
  to.synapses.log_sd = control.log_sd;
  to.synapses.noise_cv = control.noise.cv;
  to.synapses.noise_add = control.noise.add / control.median;
  return control;
}

ExitCode perform(const Globals& globals, PlanOptions options, const ControlArguments& from) {
  options.threads = globals.threads;
  const auto control = take_control(from, globals, options);
  Plan plan = plan_experiment(options);
  if (control) plan.notes.push_back(cli::to_text(*control));
  Json document = new_document(globals);
  document.update(to_json(options, plan));
  document["control"] = control ? cli::to_json(*control) : Json(nullptr);
  print_result(globals, document, to_text(options, plan));
  return ExitCode::ok;
}

}  // namespace

void declare_plan(CLI::App& app, Session& session) {
  CLI::App* command = add_command(
      app, "plan",
      "How many synapses an experiment needs to tell two geometries apart, or what it can tell with so many",
      "mirrortune plan --truth negative_entropy --alternative 2-norm\n"
      "mirrortune plan --truth 2-norm --alternative 1.5-norm --log-sd 0.8 --noise-cv 0.1 --simulate 500\n"
      "mirrortune plan --truth 2-norm --alternative 3-norm -n 60 --test rejection --simulate 2000\n"
      "mirrortune plan --control baseline.csv --change 0.2 --simulate 500");
  auto options = std::make_shared<PlanOptions>();
  auto control = std::make_shared<ControlArguments>();
  PlanOptions& to = *options;
  SimulateOptions& synapses = to.synapses;
  command->add_option("--truth", synapses.potential, "The true geometry (default negative_entropy)");
  command->add_option("--alternative", to.alternative, "The other one (default 2-norm)");
  command->add_option("--test", to.test, "likelihood, rejection (by ΔCDF) or delta_cdf (the smaller)")
      ->transform(one_of<PlanTest>({{"likelihood", PlanTest::likelihood},
                                    {"rejection", PlanTest::rejection},
                                    {"delta_cdf", PlanTest::delta_cdf}}));
  auto* table = command->add_option(
      "--control", control->table,
      "A table of two sessions with no learning between them, as identify reads it: gives sizes and noise");
  command->add_option("--sessions", control->sessions, "The two sessions of the control: BEFORE,AFTER")
      ->needs(table);
  command->add_option("--log-sd", synapses.log_sd, "Sd of the logarithm of the sizes (default 0.836)")
      ->excludes(table);
  command->add_option("--change", synapses.change,
                      "Sd of the change relative to the median size (default 0.3)");
  command->add_option("--noise-cv", synapses.noise_cv, "Relative error of each measurement")->excludes(table);
  command
      ->add_option("--noise-add", synapses.noise_add, "Additive error of each measurement, in median sizes")
      ->excludes(table);
  command->add_option("--detection-limit", synapses.detection_limit, "Sizes below are lost, in median sizes");
  auto* power = command->add_option("--power", to.power, "Probability of the right answer (default 0.95)");
  command->add_option("-n,--synapses", to.n, "Synapses there will be: tells their power")->excludes(power);
  command->add_option("--simulate", to.simulations, "Simulate so many experiments at each number of synapses")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--seed", synapses.seed, "Of the simulations");
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *options, *control); });
}

}  // namespace mirrortune::cli
