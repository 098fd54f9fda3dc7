#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/train/actions.h"
#include "cli/train/network_argument.h"
#include "dataset/image_index.h"
#include "dataset/pixels.h"
#include "models/network.h"
#include "train/device.h"
#include "train/images.h"
#include "train/predict.h"
#include "weights/weights_file.h"

namespace mirrortune::cli {
namespace {

constexpr std::int64_t kDecodedAtOnce = 2048;  ///< so that memory does not grow with the folder

std::vector<Prediction> predict_all(Network& network, const ImageIndex& index,
                                    const EvaluateArguments& arguments, const Globals& globals) {
  const auto device = choose_device(globals.device);
  network.to(device);
  use_channels_last(network);
  Progress progress(globals);
  const auto all = static_cast<std::int64_t>(index.images.size());
  std::vector<Prediction> predictions;
  for (std::int64_t first = 0; first < all; first += kDecodedAtOnce) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(kDecodedAtOnce, all - first)));
    std::iota(rows.begin(), rows.end(), first);
    auto pixels =
        std::make_shared<Pixels>(decode_images(index, rows, arguments.data, {.threads = globals.threads}));
    const DeviceImages images(std::move(pixels), network.info(), device);
    const auto some = predict(network, images, arguments.batch_size);
    predictions.insert(predictions.end(), some.begin(), some.end());
    const auto done = static_cast<std::int64_t>(predictions.size());
    progress.update(static_cast<double>(done) / static_cast<double>(all),
                    [=] { return std::to_string(done) + " of " + std::to_string(all) + " images"; });
  }
  progress.clear();
  return predictions;
}

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
  require_image_classifier(arguments.model.name);
  if (!arguments.predictions.empty()) refuse_existing(arguments.predictions, arguments.model.force);
  const ModelArguments model = with_weights_file(arguments.model);
  const auto file = WeightsFile::open(model.weights);
  const std::int64_t classes = classes_for(model, file.get());
  const ImageIndex index = index_images(arguments.data, classes);
  const auto network = load_network(model, classes);
  const auto predictions = predict_all(*network, index, arguments, globals);
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
