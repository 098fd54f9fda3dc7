#include "report/report.h"

#include <cerrno>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/folder_lock.h"
#include "cli/app.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

struct ReportArguments {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path output;
};

ExitCode perform(const Globals& globals, const ReportArguments& arguments) {
  auto output = arguments.output;
  if (output.empty()) {
    if (arguments.runs.size() > 1) {
      throw UsageError({.what = "wrong command line", .why = "a report on several runs needs -o FILE"});
    }
    const auto& run = arguments.runs[0];
    if (!std::filesystem::exists(run)) throw_read_error("cannot report on", run.string(), ENOENT);
    lock_folder(run);
    make_folder(run / "report");
    output = run / "report" / "index.html";
  }
  write_report(arguments.runs, output);
  Json document = new_document(globals);
  document["report"] = output.string();
  print_result(globals, document, output.string() + "\n");
  return ExitCode::ok;
}

}  // namespace

void declare_report(CLI::App& app, Session& session) {
  CLI::App* command = add_command(app, "report", "One HTML file that shows runs and opens anywhere, offline",
                                  "mirrortune report runs/demo\n"
                                  "mirrortune report runs/a runs/b -o both.html");
  auto arguments = std::make_shared<ReportArguments>();
  command->add_option("run", arguments->runs, "Run directories")->required();
  command->add_option("-o,--output", arguments->output, "HTML file (default: RUN/report/index.html)");
  on_parsed(*command, session, [=](const Globals& globals) { return perform(globals, *arguments); });
}

}  // namespace mirrortune::cli
