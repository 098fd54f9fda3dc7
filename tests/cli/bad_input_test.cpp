#include "bad_input.h"

#include <string>
#include <vector>

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;

/// `run` with one `-s key=value`.
BadInput setting(std::string name, std::string override, std::vector<std::string> words) {
  return run_with(std::move(name), 78, {"-s", std::move(override)}, std::move(words));
}

/// `run` with a line more in the configuration.
BadInput line(std::string name, std::string text, std::vector<std::string> words) {
  return {std::move(name), 78, std::move(words), [=](World& world) {
            world.write("exp.yaml", world.read("exp.yaml") + text + "\n");
            return world.run_command();
          }};
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, BadInputs,
    testing::Values(
        command_line("no_command", 2, {}, {"A subcommand is required"}),
        command_line("misspelt_command", 2, {"analyse", "x"},
                     {"no command 'analyse'", "did you mean 'analyze'"}),
        command_line("misspelt_subcommand", 2, {"models", "sho"},
                     {"did you mean 'show'", "mirrortune models --help"}),
        command_line("unknown_option", 2, {"models", "ls", "--colour"}, {"--colour"}),
        command_line("bad_threads", 2, {"--threads", "0", "models", "ls"}, {"--threads"}),
        command_line("bad_device", 2, {"--device", "gpu", "models", "ls"},
                     {"must be auto, cpu, cuda or cuda:N"}),
        command_line("quiet_and_verbose", 2, {"-q", "-v", "models", "ls"}, {"excludes"}),
        command_line("no_config", 2, {"run"}, {"--config is required", "mirrortune run --help"}),
        command_line("override_without_value", 2, {"run", "-c", "exp.yaml", "-s", "train.epochs"},
                     {"must be key=value"}),
        command_line("bad_duration", 2, {"run", "-c", "exp.yaml", "--max-time", "3 parsecs"},
                     {"3 parsecs", "3h50m"}),
        command_line("fresh_and_resume", 2, {"run", "-c", "exp.yaml", "--fresh", "--resume"}, {"excludes"}),
        command_line("only_without_value", 2, {"run", "-c", "exp.yaml", "--only", "seed"},
                     {"--only seed", "key=value"}),
        command_line("only_unknown_key", 2, {"run", "-c", "exp.yaml", "--only", "sead=0"}, {"sead"}),
        command_line("only_nothing_left", 2, {"run", "-c", "exp.yaml", "--only", "seed=77"},
                     {"no trial fits every --only"}),
        command_line("analyze_nothing", 2, {"analyze"}, {"--pair INIT FINAL"}),
        command_line("analyze_bad_potential", 2, {"analyze", "--pair", "a", "b", "--potentials", "1-norm"},
                     {"1-norm"}),
        command_line("simulate_bad_potential", 2, {"simulate", "--potential", "1-norm"}, {"1-norm"}),
        command_line("simulate_bad_number", 2, {"simulate", "--change", "big"}, {"--change"}),
        command_line("simulate_bad_range", 2, {"simulate", "--log-sd", "-1"}, {"log_sd is -1"}),
        command_line("simulate_bad_process", 2, {"simulate", "--process", "walk"}, {"--process"}),
        command_line("simulate_null_with_potential", 2,
                     {"simulate", "--process", "kesten", "--potential", "2-norm"}, {"no --potential"}),
        command_line("simulate_spreads", 2, {"simulate", "--process", "log_ou", "--change", "2"},
                     {"Ornstein"}),
        command_line("simulate_output_exists", 73, {"simulate", "-o", "exp.yaml"}, {"exp.yaml", "--force"}),
        command_line("simulate_output_nowhere", 74, {"simulate", "-o", "nowhere/t.csv"}, {"nowhere/t.csv"}),
        command_line("theory_nothing", 2, {"theory"},
                     {"A subcommand is required", "mirrortune theory --help"}),
        command_line("theory_bad_potential", 2, {"theory", "robustness", "--generated-with", "1-norm"},
                     {"1-norm"}),
        command_line("theory_no_weights", 2, {"theory", "robustness", "--weights", "1"}, {"weights is 1"}),
        command_line("theory_bad_start", 2, {"theory", "dynamics", "--start", "1"}, {"--start 1", "2,-0.2"}),
        command_line("theory_start_at_zero", 2, {"theory", "dynamics", "--start", "0,1"}, {"a weight at 0"}),
        command_line("theory_bad_loss", 2, {"theory", "dynamics", "--loss", "cup"}, {"published, quadratic"}),
        command_line("theory_one_dimension", 2, {"theory", "linreg", "--dimensions", "1"},
                     {"a dimension is 1"}),
        command_line("theory_more_samples", 2, {"theory", "linreg", "--exponents", "1.5"},
                     {"N is at most D"}),
        command_line("theory_no_rate", 2, {"theory", "linreg", "--lrs", "0"}, {"a learning rate is 0"}),
        command_line("theory_no_inputs", 2, {"theory", "linreg", "--inputs", "poisson"}, {"--inputs"}),
        command_line("theory_no_point_mass", 2, {"theory", "spines", "-K", "0"}, {"0 point masses"}),
        command_line("theory_table_missing", 66, {"theory", "spines", "nowhere.csv"}, {"nowhere.csv"}),
        command_line("theory_not_a_table", 65, {"theory", "spines", "exp.yaml"}, {"exp.yaml"}),
        command_line("theory_other_table", 65, {"theory", "spines", "exp.yaml", "--require-published"},
                     {"not the published table"}),
        command_line("unknown_network", 78, {"models", "show", "resnet81"}, {"resnet81", "resnet18"}),
        command_line("cuda_absent", 69, {"run", "-c", "exp.yaml", "--device", "cuda:7"}, {"cuda:7"})),
    BadInputs::name_of);

INSTANTIATE_TEST_SUITE_P(
    Configuration, BadInputs,
    testing::Values(
        command_line("config_missing", 66, {"run", "-c", "nowhere.yaml"}, {"nowhere.yaml", "No such file"}),
        command_line("config_is_a_folder", 65, {"run", "-c", "images"}, {"images", "not a regular file"}),
        line("duplicate_key", "name: again", {"exp.yaml:10:1", "duplicate key 'name'", "exp.yaml:2:1"}),
        line("misspelt_key", "optimzer: {momentum: 0}", {"exp.yaml:10:1", "did you mean 'optimizer'"}),
        line("alias", "snapshots: *these", {"exp.yaml:10:12", "aliases"}),
        line("anchor", "snapshots: &these {full: true}", {"exp.yaml:10:12", "anchors"}),
        line("tag", "snapshots: {full: !!bool true}", {"exp.yaml:10:19", "tags"}),
        line("second_document", "---\nname: b", {"exp.yaml:10:1", "second document"}),
        line("not_yaml", "snapshots: {full: true", {"not YAML"}),
        line("several_errors", "snapshots: {ful: true}\nruntime: {deterministic: 1}",
             {"exp.yaml: 2 errors", "exp.yaml:10:13", "exp.yaml:11:26"}),
        setting("lr_fast", "lr=fast", {"-s lr=fast", "'lr' must be a map of keys"}),
        setting("lr_nan", "lr.fixed=.nan", {"'.nan'", "a number above 0"}),
        setting("epochs_zero", "train.epochs=0", {"a whole number from 1"}),
        setting("unknown_potential", "grid.potential=[1-norm]", {"1-norm"}),
        setting("unknown_model", "grid.model=[resnet19]", {"did you mean 'resnet18'"}),
        setting("environment_unset", "data.root=${MIRRORTUNE_NOWHERE}/x", {"MIRRORTUNE_NOWHERE", "not set"}),
        setting("missing_weights_of_a_model", "model.weights={resnet18: a.pth}",
                {"no value for 'shufflenet_v2_x0_5'"}),
        BadInput{"config_check_tells_the_same",
                 78,
                 {"exp.yaml:10:1"},
                 [](World& world) {
                   world.write("exp.yaml", world.read("exp.yaml") + "zzz: 1\n");
                   return world.command({"config", "check", "exp.yaml"});
                 }}),
    BadInputs::name_of);

INSTANTIATE_TEST_SUITE_P(
    RunDirectory, BadInputs,
    testing::Values(
        run_with("every_trial_diverges", 80, {"-s", "lr.fixed=1e30"},
                 {"every trial diverged", "smaller learning rates"}),
        run_with("resume_nothing", 79, {"--resume"}, {"no run was started there"}),
        BadInput{"another_configuration",
                 79,
                 {"train.epochs", "--fresh"},
                 [](World& world) {
                   run(world.run_command());
                   return world.run_command({"-s", "train.epochs=3"});
                 }},
        BadInput{"output_is_a_file",
                 74,
                 {"runs"},
                 [](World& world) {
                   world.write("runs", "a file\n");
                   return world.run_command();
                 }},
        BadInput{"output_not_writable",
                 77,
                 {"runs/tiny", "Permission denied"},
                 [](World& world) {
                   fs::create_directory(world / "runs");
                   fs::permissions(world / "runs", fs::perms(0555));
                   Start start = world.run_command();
                   start.unprivileged = true;
                   return start;
                 }},
        BadInput{"weights_not_readable",
                 77,
                 {"w.pth", "Permission denied"},
                 [](World& world) {
                   write_state(world / "w.pth");
                   fs::permissions(world / "w.pth", fs::perms(0));
                   fs::create_directory(world / "runs");
                   fs::permissions(world / "runs", fs::perms(0777));
                   Start start = world.run_command({"-s", "model.weights=w.pth"});
                   start.unprivileged = true;
                   return start;
                 }},
        BadInput{"disk_full",
                 74,
                 {"cannot write", "File too large"},
                 [](World& world) {
                   Start start = world.run_command();
                   start.largest_file = 200'000;  // below one snapshot
                   return start;
                 }},
        BadInput{"disk_full_at_once",
                 74,
                 {"cannot write"},
                 [](World& world) {
                   Start start = world.run_command();
                   start.largest_file = 100;
                   return start;
                 }},
        BadInput{"disk_full_while_converting",
                 74,
                 {"cannot write", "out.safetensors"},
                 [](World& world) {
                   write_state(world / "w.safetensors");
                   Start start = world.command({"weights", "convert", "w.safetensors", "out.safetensors"});
                   start.largest_file = 200'000;
                   return start;
                 }},
        command_line("analyze_no_run", 66, {"analyze", "nowhere"}, {"nowhere"}),
        command_line("analyze_another_folder", 66, {"analyze", "images"}, {"config.yaml"}),
        command_line("report_no_run", 66, {"report", "nowhere"}, {"nowhere"}),
        command_line("report_another_folder", 65, {"report", "images", "-o", "r.html"}, {"images"}),
        command_line("report_of_two_without_output", 2, {"report", "images", "runs"}, {"-o FILE"}),
        BadInput{"analyze_lost_snapshot",
                 66,
                 {"seed-00/final.safetensors"},
                 [](World& world) {
                   run(world.run_command());
                   fs::remove(world / "runs/tiny/cells/shufflenet_v2_x0_5__2-norm/seed-00/final.safetensors");
                   return world.command({"analyze", "runs/tiny"});
                 }}),
    BadInputs::name_of);

}  // namespace
}  // namespace mirrortune::test
