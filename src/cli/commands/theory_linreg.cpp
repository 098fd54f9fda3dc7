#include <memory>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/one_of.h"

namespace mirrortune::cli {
namespace {

const std::map<std::string, RegressionInputs> kInputs = {{"gaussian", RegressionInputs::gaussian},
                                                         {"binary", RegressionInputs::binary},
                                                         {"log_normal", RegressionInputs::log_normal}};

/// Which of the two solutions.
const std::map<std::string, std::pair<bool, bool>> kSolutions = {
    {"both", {true, true}}, {"trained", {true, false}}, {"exact", {false, true}}};

struct Texts {
  std::string potentials;  ///< empty: the defaults
  std::string solution = "both";
};

LinregArguments completed(LinregArguments arguments, const Texts& texts) {
  if (!texts.potentials.empty()) arguments.options.potentials = split_list(texts.potentials);
  std::tie(arguments.options.train, arguments.options.solve) = kSolutions.at(texts.solution);
  check(arguments.options);
  arguments.out.check({"linreg", "regressions"});
  return arguments;
}

void add_data(CLI::App& command, LinregOptions& to) {
  command.add_option("--dimensions", to.dimensions, "D: weights (default: 100,180,…,20000, ten of them)")
      ->delimiter(',');
  command.add_option("--exponents", to.exponents, "N = floor(D^exponent) samples (default: 0.5,0.75)")
      ->delimiter(',');
  command
      .add_option("--correlation-powers", to.correlation_powers,
                  "c: inputs i and j correlate as (-1)^(i-j)/(1 + |i-j|^c) (default: 1,2)")
      ->delimiter(',');
  command.add_option("--inputs", to.inputs, "gaussian (default, as published), binary or log_normal")
      ->transform(one_of(kInputs));
  command.add_option("--seeds", to.seeds, "Data sets of each kind (default: 30)");
  command.add_option("--seed", to.seed, "Other seeds draw other data (default: 0)");
}

void add_training(CLI::App& command, LinregOptions& to) {
  command
      .add_option("--lrs", to.lrs,
                  "Learning rates that are tried on a data set of their own (default: 1e-7 … 0.1, sixteen)")
      ->delimiter(',');
  command.add_option("--epochs", to.epochs, "Full-batch steps (default: 100)");
  command.add_option("--extend-epochs", to.extend_epochs,
                     "More of them where no rate reaches the target (default: 100)");
  command.add_option("--extend-times", to.extend_times, "At most so often (default: 4)");
  command.add_option("--target-loss", to.target_loss, "Mean squared error (default: 0.001)");
  command.add_option("--momentum", to.momentum, "Default: 0.9");
}

}  // namespace

void declare_theory_linreg(CLI::App& theory, Session& session, const Actions& actions) {
  CLI::App* command = add_command(
      theory, "linreg", "Figure 3A: how Gaussian the changes of linear regressions are, by their size",
      "mirrortune theory linreg -o linreg\n"
      "mirrortune theory linreg --dimensions 100,1000 --seeds 5 --solution exact --json\n"
      "mirrortune theory linreg --inputs binary --exponents 0.5 --solution exact -o binary");
  auto arguments = std::make_shared<LinregArguments>();
  auto texts = std::make_shared<Texts>();
  command->add_option("--potentials", texts->potentials,
                      "Potentials (default: negative_entropy,2-norm,3-norm)");
  command
      ->add_option("--solution", texts->solution,
                   "trained (by mirror descent, as published), exact (needs no learning rate) or both "
                   "(default)")
      ->check(CLI::IsMember({"trained", "exact", "both"}));
  add_data(*command, arguments->options);
  add_training(*command, arguments->options);
  add_result_folder(*command, arguments->out);
  on_parsed(*command, session, [=, action = actions.theory_linreg](const Globals& globals) {
    return action(globals, completed(*arguments, *texts));
  });
}

}  // namespace mirrortune::cli
