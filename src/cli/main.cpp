#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/memory_policy.h"
#include "cli/app.h"
#include "cli/configuration.h"
#include "cli/exec_program.h"

namespace {

/// For a command that works in the run directory while no other does.
void lock_alone(const std::filesystem::path& folder) {
  mirrortune::lock_folder(folder);
  mirrortune::remove_unfinished_files(folder);
}

}  // namespace

// The light program: everything that needs neither tensors nor images, in milliseconds; for the rest it
// becomes libexec/mirrortune-train, or to draw figures libexec/mirrortune-draw.
int main(int argc, char** argv) {
  using namespace mirrortune;
  keep_freed_memory();
  const auto start = [argv](const cli::Globals&, const auto&...) -> ExitCode {
    cli::exec_program("train", argv);
  };
  const auto draw = [argv](const cli::Globals&, const cli::ReportArguments&) -> ExitCode {
    cli::exec_program("draw", argv);
  };
  const auto run = [argv](const cli::Globals&, const cli::RunArguments& arguments) -> ExitCode {
    const auto folder = cli::run_folder(cli::load_configuration(arguments));
    if (arguments.resume && !std::filesystem::exists(folder / "config.yaml")) {
      throw ResumeError({.what = "cannot resume",
                         .where = folder.string(),
                         .why = "no run was started there",
                         .todo = "Leave --resume out to start it"});
    }
    if (!arguments.dry_run && !arguments.shard.empty()) {
      lock_folder(folder, LockMode::shared);
    } else if (!arguments.dry_run) {
      lock_alone(folder);
    }
    cli::exec_program("train", argv);
  };
  const auto collect = [argv](const cli::Globals&, const cli::RunArguments& arguments) -> ExitCode {
    const auto folder = cli::run_folder(cli::load_configuration(arguments));
    if (!std::filesystem::exists(folder)) throw_read_error("cannot collect", folder.string(), ENOENT);
    lock_alone(folder);
    cli::exec_program("train", argv);
  };
  const cli::Actions actions{.run = run,
                             .sweep_submit = start,
                             .sweep_status = start,
                             .sweep_collect = collect,
                             .models_show = start,
                             .models_check = start,
                             .models_forward = start,
                             .evaluate = start,
                             .data_check = start,
                             .data_pack = start,
                             .data_synth = start,
                             .replay = start,
                             .theory_linreg = start,
                             .env = start,
                             .report_export = draw};
  return cli::run_program(argc, argv, actions);
}
