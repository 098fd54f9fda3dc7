#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stream.h"
#include "base/text.h"
#include "potential/potential.h"
#include "weights/safetensors_writer.h"

namespace mirrortune::test {

/// A tensor of a made network.
struct MadeLayer {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// What `make_run` makes: a run directory as `mirrortune run` leaves it before the analysis, in well under a
/// second. The "training" is one Gaussian step of mirror descent in the dual of each layer, so that each
/// trial's own potential sees Gaussian changes.
struct MadeRun {
  std::string name = "made";
  std::string model = "shufflenet_v2_x0_5";
  std::vector<std::string> potentials = {"negative_entropy", "2-norm", "3-norm"};
  int seeds = 3;
  int epochs = 4;
  std::string head = "fc";
  std::vector<MadeLayer> layers = {{"conv1.0.weight", {24, 3, 3, 3}},
                                   {"stage2.0.branch1.0.weight", {24, 1, 3, 3}},
                                   {"stage2.0.branch1.2.weight", {24, 24, 1, 1}},
                                   {"stage2.0.branch2.0.weight", {24, 24, 1, 1}},
                                   {"stage3.0.branch2.5.weight", {48, 48, 1, 1}},
                                   {"stage4.0.branch2.5.weight", {96, 96, 1, 1}},
                                   {"conv5.0.weight", {128, 96, 1, 1}},
                                   {"fc.weight", {16, 128}}};
};

inline std::string seed_folder(int seed) {
  return "seed-" + std::string(seed < 10 ? "0" : "") + std::to_string(seed);
}

/// Weights as a network has them: signs by coin, log-normal sizes of log-sd 1, each layer at its own scale.
inline std::vector<float> made_weights(const MadeLayer& layer, std::int64_t n, double scale) {
  const Stream size(0, "made " + layer.name), sign(0, "sign " + layer.name);
  std::vector<float> weights(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<float>(scale * std::exp(size.normal(i)) * (sign.uniform(i) < 0.5 ? -1 : 1));
  }
  return weights;
}

/// φ'⁻¹(φ'(w0) + spread·ξ), ξ standard normal, the spread a tenth of the root mean square of φ'(w0).
inline std::vector<float> changed(const std::vector<float>& initial, const Potential& potential,
                                  const Stream& noise) {
  double squares = 0;
  for (const float w : initial) squares += std::pow(to_dual(potential, w), 2);
  const double spread = 0.1 * std::sqrt(squares / static_cast<double>(initial.size()));
  std::vector<float> weights(initial.size());
  std::visit(
      [&](const auto& p) {
        for (std::size_t i = 0; i < initial.size(); ++i) {
          const double w = initial[i];
          weights[i] = static_cast<float>(p.from_dual(p.to_dual(w) + spread * noise.normal(i), w));
        }
      },
      potential);
  return weights;
}

/// The layers' values as init.safetensors and final.safetensors hold them.
inline void write_snapshot(const std::filesystem::path& path, const std::vector<MadeLayer>& layers,
                           const std::vector<std::vector<float>>& values,
                           const std::map<std::string, std::string>& metadata) {
  std::vector<ArrayView> views;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    views.push_back({{layers[i].name, DType::float32, layers[i].shape}, std::as_bytes(std::span(values[i]))});
  }
  write_safetensors(path, views, metadata);
}

/// metrics.csv with a loss that falls.
inline CsvTable made_metrics(int epochs, double lr) {
  CsvTable table({"epoch", "lr", "train_loss", "train_accuracy", "seconds"});
  for (int e = 0; e < epochs; ++e) {
    const double progress = static_cast<double>(e + 1) / epochs;
    table.add({std::to_string(e), format_number(lr * (1 + std::cos(M_PI * e / epochs)) / 2),
               format_number(2.5 * std::exp(-5 * progress)), format_number(1 - 0.9 * std::exp(-4 * progress)),
               "0.5"});
  }
  return table;
}

inline Json made_trial(const MadeRun& run, const std::string& potential, int seed, double lr) {
  Json trial;
  trial["schema"] = 1;
  trial["cell"] = run.model + "__" + potential;
  trial["model"] = run.model;
  trial["potential"] = potential;
  trial["seed"] = seed;
  trial["state"] = "done";
  trial["lr"] = lr;
  trial["epochs"] = run.epochs;
  trial["identity_sha256"] = std::string(64, 'a');
  trial["identity"] = {{"model.name", run.model},
                       {"potential", potential},
                       {"data.subset.exponent", "0.5"},
                       {"train.epochs", std::to_string(run.epochs)},
                       {"train.loss.logit_l2", "0"}};
  trial["head"] = run.head;
  trial["train_loss"] = 0.01;
  trial["train_accuracy"] = 1.0;
  trial["holdout_accuracy"] = 0.9 + 0.01 * seed;
  trial["pretrained_holdout_accuracy"] = 0.88;
  trial["pretrained_train_accuracy"] = 0.87;
  trial["seconds"] = 2.0;
  trial["steps"] = run.epochs * 3;
  trial["counts"] = {
      {"zeros", 0}, {"sign_flips", potential == "negative_entropy" ? 0 : 1234}, {"clamped", 0}};
  trial["threads"] = 2;
  trial["device"] = "cpu";
  trial["versions"] = {{"mirrortune", "0.1.0"}, {"libtorch", "2.13.0"}};
  trial["weights_sha256"] = std::string(64, 'b');
  return trial;
}

inline void make_trial_folder(const std::filesystem::path& folder, const MadeRun& run, const Json& trial) {
  make_folder(folder);
  const auto potential_text = trial["potential"].get<std::string>();
  const auto seed = trial["seed"].get<std::uint64_t>();
  const Potential potential = parse_potential(potential_text);
  std::vector<std::vector<float>> before, after;
  for (std::size_t i = 0; i < run.layers.size(); ++i) {
    const auto& layer = run.layers[i];
    const TensorInfo info{layer.name, DType::float32, layer.shape};
    before.push_back(made_weights(layer, info.elements(), 0.02 * static_cast<double>(1 + i % 4)));
    after.push_back(changed(before.back(), potential, Stream(seed, "change " + layer.name + potential_text)));
  }
  std::map<std::string, std::string> metadata = {{"model", run.model},
                                                 {"potential", potential_text},
                                                 {"seed", std::to_string(seed)},
                                                 {"lr", format_number(trial["lr"].get<double>())},
                                                 {"epoch", "0"},
                                                 {"config_hash", std::string(64, 'a')},
                                                 {"tool_version", "0.1.0"},
                                                 {"head", run.head}};
  write_snapshot(folder / "init.safetensors", run.layers, before, metadata);
  metadata["epoch"] = std::to_string(run.epochs);
  write_snapshot(folder / "final.safetensors", run.layers, after, metadata);
  made_metrics(run.epochs, trial["lr"].get<double>()).write(folder / "metrics.csv");
  write_file(folder / "log.txt", std::string_view("made by a test\n"));
  write_json(folder / "trial.json", trial);
}

/// Three rates tried, the middle one wins.
inline CsvTable made_search(const MadeRun& run) {
  CsvTable table({"epochs", "lr", "final_loss", "train_accuracy", "state"});
  table.add({std::to_string(run.epochs), "0.01", "3.5", "0.75", "done"});
  table.add({std::to_string(run.epochs), "0.1", "0.02", "1", "done"});
  table.add({std::to_string(run.epochs), "1", "", "", "diverged"});
  return table;
}

inline std::string made_config(const MadeRun& run) {
  return "schema_version: 1\nname: " + run.name + "\ngrid:\n  model: [" + run.model + "]\n  potential: [" +
         join(run.potentials, ", ") + "]\nseeds: {count: " + std::to_string(run.seeds) +
         ", base: 0}\nmodel: {weights: none, classes: 16}\ndata: {root: images, resolution: 64}\ntrain: "
         "{epochs: " +
         std::to_string(run.epochs) + "}\n";
}

/// Writes the run directory `folder`: config.yaml, manifest.json, index.csv, subsets/ and cells/. The
/// analysis and the report are not there yet.
inline void make_run(const std::filesystem::path& folder, const MadeRun& run = {}) {
  constexpr double kRate = 0.1;
  make_folder(folder / "subsets");
  write_file(folder / "config.yaml", std::string_view(made_config(run)));
  write_json(folder / "manifest.json",
             Json{{"schema", 1},
                  {"name", run.name},
                  {"versions", {{"mirrortune", "0.1.0"}, {"libtorch", "2.13.0"}, {"compiler", "12.2.0"}}},
                  {"host", {{"name", "made"}, {"processor", "none"}, {"cores", 2}}},
                  {"device", "cpu"},
                  {"threads", 1},
                  {"weights", {{run.model, {{"file", "made.pth"}, {"sha256", std::string(64, 'b')}}}}},
                  {"data", {{"images", {{"layout", "image_folder"}, {"images", 16}, {"classes", 16}}}}}});
  CsvTable index({"cell", "model", "potential", "seed", "lr", "state", "train_loss", "train_accuracy",
                  "holdout_accuracy", "epochs", "seconds"});
  for (const auto& potential : run.potentials) {
    const std::string cell = run.model + "__" + potential;
    for (int seed = 0; seed < run.seeds; ++seed) {
      const Json trial = made_trial(run, potential, seed, kRate);
      make_trial_folder(folder / "cells" / cell / seed_folder(seed), run, trial);
      index.add({cell, run.model, potential, std::to_string(seed), format_number(kRate), "done", "0.01", "1",
                 format_number(trial["holdout_accuracy"].get<double>()), std::to_string(run.epochs), "2"});
    }
    made_search(run).write(folder / "cells" / cell / "lr_search.csv");
  }
  index.write(folder / "index.csv");
  for (int seed = 0; seed < run.seeds; ++seed) {
    CsvTable subset({"index", "path", "label", "sha256"});
    for (int i = 0; i < 4; ++i) {
      subset.add({std::to_string(i), "class_0/" + std::to_string(10 * seed + i) + ".png", "0",
                  std::string(64, 'c')});
    }
    subset.write(folder / "subsets" / (run.model + "__" + seed_folder(seed) + ".csv"));
  }
}

}  // namespace mirrortune::test
