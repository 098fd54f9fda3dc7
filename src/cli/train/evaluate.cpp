#include <numeric>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/train/actions.h"
#include "cli/train/network_argument.h"
#include "cli/train/predictions.h"
#include "dataset/image_index.h"
#include "models/network.h"
#include "train/device.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {
namespace {

void write_predictions(const std::filesystem::path& path, const ImageIndex& index,
                       const std::vector<Prediction>& predictions) {
  const auto name = [&](std::int64_t label) { return index.classes.at(static_cast<std::size_t>(label)); };
  CsvTable table({"path", "label", "predicted", "logit_norm"});
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    table.add({index.images[i].path, name(index.images[i].label), name(predictions[i].predicted),
               format_number(predictions[i].logit_norm)});
  }
  table.write(path);
}

}  // namespace

ExitCode evaluate(const Globals& globals, const EvaluateArguments& arguments) {
  prepare_compute({.threads = globals.threads});
  require_classifier(arguments.model.name);
  require_resolution(arguments.model.name, arguments.data.resolution);
  if (!arguments.predictions.empty()) refuse_existing(arguments.predictions, arguments.model.force);
  const ModelArguments model = with_weights_file(arguments.model);
  const auto file = WeightsFile::open(model.weights);
  const std::int64_t classes = classes_for(model, file.get());
  const ImageIndex index = index_images(arguments.data, classes);
  const auto network = load_network(model, classes);
  std::vector<std::int64_t> rows(index.images.size());
  std::iota(rows.begin(), rows.end(), 0);
  const auto predictions = predict_rows(*network, index, arguments.data, rows, arguments.batch_size, globals);
  if (!arguments.predictions.empty()) write_predictions(arguments.predictions, index, predictions);
  const PredictionSummary summary = summarize(predictions);
  Json document = new_document(globals);
  document["images"] = summary.images;
  document["top1"] = number_or_null(summary.top1);
  document["top5"] = number_or_null(summary.top5);
  document["loss"] = number_or_null(summary.loss);
  print_result(
      globals, document,
      fmt::format("{} images: top-1 {}, top-5 {}, loss {}\n", summary.images, short_number(summary.top1),
                  short_number(summary.top5), short_number(summary.loss)));
  return ExitCode::ok;
}

}  // namespace mirrortune::cli
