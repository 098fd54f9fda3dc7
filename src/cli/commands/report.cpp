#include "report/report.h"

#include <cerrno>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/folder_lock.h"
#include "cli/app.h"
#include "cli/make_report.h"
#include "cli/one_of.h"
#include "cli/output.h"

namespace mirrortune::cli {

ExitCode make_report(const Globals& globals, const ReportArguments& arguments, const DrawFigures& draw) {
  auto output = arguments.output;
  if (output.empty()) {
    const auto& run = arguments.runs[0];
    if (!std::filesystem::exists(run)) throw_read_error("cannot report on", run.string(), ENOENT);
    lock_folder(run);
    make_folder(run / "report");
    output = run / "report" / "index.html";
  }
  const auto specs = write_report(arguments.runs, output);
  Json document = new_document(globals);
  document["report"] = output.string();
  std::string text = output.string() + "\n";
  document["drawings"] = Json::array();
  for (const auto& drawing : draw ? draw(specs) : std::vector<std::filesystem::path>()) {
    document["drawings"].push_back(drawing.string());
    text += drawing.string() + "\n";
  }
  print_result(globals, document, text);
  return ExitCode::ok;
}

void declare_report(CLI::App& app, Session& session, const Actions& actions) {
  CLI::App* command = add_command(app, "report", "One HTML file that shows runs and opens anywhere, offline",
                                  "mirrortune report runs/demo\n"
                                  "mirrortune report runs/a runs/b -o both.html\n"
                                  "mirrortune report runs/demo --export pdf,svg");
  auto arguments = std::make_shared<ReportArguments>();
  command->add_option("run", arguments->runs, "Run directories")->required();
  command->add_option("-o,--output", arguments->output, "HTML file (default: RUN/report/index.html)");
  command
      ->add_option("--export", arguments->exports, "Draw each figure beside its specification too, as these")
      ->delimiter(',')
      ->transform(one_of<FigureFormat>(
          {{"pdf", FigureFormat::pdf}, {"png", FigureFormat::png}, {"svg", FigureFormat::svg}}));
  on_parsed(*command, session, [=, draw = actions.report_export](const Globals& globals) {
    if (arguments->output.empty() && arguments->runs.size() > 1) {
      throw UsageError({.what = "wrong command line", .why = "a report on several runs needs -o FILE"});
    }
    return arguments->exports.empty() ? make_report(globals, *arguments) : draw(globals, *arguments);
  });
}

}  // namespace mirrortune::cli
