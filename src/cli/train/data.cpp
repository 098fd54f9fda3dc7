#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/train/actions.h"
#include "cli/train/network_argument.h"
#include "cli/train/predictions.h"
#include "dataset/cache.h"
#include "dataset/check.h"
#include "dataset/digits.h"
#include "dataset/image_index.h"
#include "dataset/synth.h"
#include "models/registry.h"
#include "train/device.h"

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

/// What a pretrained network makes of some of the images.
struct Trial {
  std::string network;
  PredictionSummary summary;
  std::int64_t classes = 0;

  /// Every published network is right on more than half of the images that it was made for. With labels in
  /// another order it is right by chance.
  bool is_plausible() const { return summary.top1 >= 0.3; }
  std::string sentence() const {
    const auto found = fmt::format("{} is right on {:.1f} % of {} of the images", network, 100 * summary.top1,
                                   summary.images);
    if (is_plausible()) return found;
    return found +
           fmt::format(
               ", and would be on {:.1f} % by chance: these are not the images of its {} classes, or "
               "their labels are not in its order (see --class-order), or they are not prepared as for it "
               "(see --resolution, --preprocessing)",
               100.0 / static_cast<double>(classes), classes);
  }
  Json document() const {
    return {{"name", network},
            {"images", summary.images},
            {"top1", number_or_null(summary.top1)},
            {"plausible", is_plausible()}};
  }
};

constexpr std::size_t kTriedImages = 200;

Trial try_network(const Globals& globals, const DataArguments& arguments) {
  prepare_compute({.threads = globals.threads});
  require_classifier(arguments.network.name);
  require_resolution(arguments.network.name, arguments.data.resolution);
  ModelArguments model = arguments.network;
  if (model.weights.empty()) model.weights = model.name;
  model = with_weights_file(std::move(model));
  const std::int64_t classes = classes_for(model, WeightsFile::open(model.weights).get());
  const ImageIndex index = index_images(arguments.data, classes);
  std::vector<std::int64_t> rows;  // spread over the folder, which is sorted by path
  const auto tried = std::min(kTriedImages, index.images.size());
  for (std::size_t i = 0; i < tried; ++i) {
    rows.push_back(static_cast<std::int64_t>(i * index.images.size() / tried));
  }
  const auto network = load_network(model, classes);
  const auto predictions = predict_rows(*network, index, arguments.data, rows, /*batch_size=*/50, globals);
  return {.network = model.name, .summary = summarize(predictions), .classes = classes};
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
  std::optional<Trial> trial;
  if (!arguments.network.name.empty() && report.ok()) trial = try_network(globals, arguments);
  Json document = new_document(globals);
  document["layout"] = report.layout;
  document["images"] = report.images;
  document["classes"] = report.classes;
  document["ignored"] = report.ignored;
  document["unreadable"] = findings(report.unreadable);
  document["mislabelled"] = findings(report.mislabelled);
  document["network"] = trial ? trial->document() : Json(nullptr);
  std::vector<std::vector<std::string>> rows;
  for (const auto& finding : report.unreadable) rows.push_back({"unreadable", finding.path, finding.why});
  for (const auto& finding : report.mislabelled) rows.push_back({"mislabelled", finding.path, finding.why});
  print_result(globals, document,
               format_table(rows) + (trial ? trial->sentence() + "\n" : "") + report.layout + ": " +
                   std::to_string(report.images) + " images of " + std::to_string(report.classes) +
                   " classes, " + std::to_string(report.unreadable.size()) + " unreadable, " +
                   std::to_string(report.mislabelled.size()) + " mislabelled, " +
                   std::to_string(report.ignored) + " other files\n");
  return report.ok() && (!trial || trial->is_plausible()) ? ExitCode::ok : ExitCode::data;
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
  const SynthOptions options{.count = arguments.count, .seed = arguments.seed};
  (arguments.digits ? write_synth_digits : write_synth)(arguments.out, options, control(globals, progress));
  progress.clear();
  const std::int64_t further = arguments.digits ? num_test_digits(arguments.count) : 0;
  return tell_output(globals, arguments.out, arguments.count + further);
}

}  // namespace mirrortune::cli
