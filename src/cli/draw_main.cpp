#include <filesystem>
#include <vector>

#include "cli/app.h"
#include "cli/make_report.h"

#include "draw/draw.h"

namespace {

using namespace mirrortune;

ExitCode report_export(const cli::Globals& globals, const cli::ReportArguments& arguments) {
  return cli::make_report(globals, arguments, [&](const std::vector<std::filesystem::path>& specs) {
    return draw_figures(specs, arguments.exports);
  });
}

}  // namespace

// The drawing program: a JavaScript engine and GLib's drawing libraries are linked here. Started by
// mirrortune, never by hand.
int main(int argc, char** argv) {
  cli::Actions actions;
  actions.report_export = report_export;
  return cli::run_program(argc, argv, actions);
}
