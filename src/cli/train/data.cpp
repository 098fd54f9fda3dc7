#include <algorithm>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/train/actions.h"
#include "dataset/cache.h"
#include "dataset/check.h"
#include "dataset/image_index.h"
#include "dataset/synth.h"

namespace mirrortune::cli {
namespace {

DecodeControl control(const Globals& globals, Progress& progress) {
  return {.threads = globals.threads, .progress = [&progress](std::int64_t done, std::int64_t all) {
            progress.update(static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(all, 1)),
                            [=] { return std::to_string(done) + " of " + std::to_string(all) + " images"; });
          }};
}

Json findings(const std::vector<DataReport::Finding>& found) {
  Json list = Json::array();
  for (const auto& finding : found) list.push_back({{"path", finding.path}, {"why", finding.why}});
  return list;
}

/// {…, "output": path} or the path alone.
ExitCode tell_output(const Globals& globals, const std::filesystem::path& output, std::int64_t images) {
  Json document = new_document(globals);
  document["output"] = output.string();
  document["images"] = images;
  print_result(globals, document, output.string() + ": " + std::to_string(images) + " images\n");
  return ExitCode::ok;
}

}  // namespace

ExitCode data_check(const Globals& globals, const DataArguments& arguments) {
  Progress progress(globals);
  const DataReport report = check_data(arguments.data, arguments.classes, control(globals, progress));
  progress.clear();
  Json document = new_document(globals);
  document["layout"] = report.layout;
  document["images"] = report.images;
  document["classes"] = report.classes;
  document["ignored"] = report.ignored;
  document["unreadable"] = findings(report.unreadable);
  document["mislabelled"] = findings(report.mislabelled);
  std::vector<std::vector<std::string>> rows;
  for (const auto& finding : report.unreadable) rows.push_back({"unreadable", finding.path, finding.why});
  for (const auto& finding : report.mislabelled) rows.push_back({"mislabelled", finding.path, finding.why});
  print_result(globals, document,
               format_table(rows) + report.layout + ": " + std::to_string(report.images) + " images of " +
                   std::to_string(report.classes) + " classes, " + std::to_string(report.unreadable.size()) +
                   " unreadable, " + std::to_string(report.mislabelled.size()) + " mislabelled, " +
                   std::to_string(report.ignored) + " other files\n");
  return report.ok() ? ExitCode::ok : ExitCode::data;
}

ExitCode data_pack(const Globals& globals, const DataArguments& arguments) {
  Progress progress(globals);
  const ImageIndex index = index_images(arguments.data, arguments.classes);
  pack_images(index, arguments.data, arguments.cache, control(globals, progress));
  progress.clear();
  return tell_output(globals, arguments.cache, static_cast<std::int64_t>(index.images.size()));
}

ExitCode data_synth(const Globals& globals, const SynthArguments& arguments) {
  Progress progress(globals);
  write_synth(arguments.out, {.count = arguments.count, .seed = arguments.seed}, control(globals, progress));
  progress.clear();
  return tell_output(globals, arguments.out, arguments.count);
}

}  // namespace mirrortune::cli
