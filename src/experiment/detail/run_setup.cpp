#include "experiment/detail/run_setup.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "experiment/detail/manifest.h"
#include "models/registry.h"
#include "train/checkpoint.h"
#include "train/compute.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

std::string start_key(const ModelOptions& model) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", model.name, model.weights, model.classes, model.reinit_head,
                     model.allow_nonfinite);
}

/// Batch-norm cannot normalise the features of one image, which have no spread.
void require_no_lonely_image(const CellOptions& cell, std::int64_t num_images) {
  const bool encoder = network_info(cell.model.name).kind == NetworkKind::image_encoder;
  if (!encoder || num_images % cell.train.batch_size != 1) return;
  throw ConfigError({.what = "cannot train " + cell.model.name,
                     .why = fmt::format("of {} images in batches of {} one is left over, and batch-norm "
                                        "cannot normalise a batch of one",
                                        num_images, cell.train.batch_size),
                     .todo = "Set another train.batch_size or data.subset.count"});
}

/// Builds a RunSetup step by step.
class Preparation {
 public:
  Preparation(const ExperimentOptions& options, const RunRequest& request)
      : options_(options),
        request_(request),
        planned_(plan_trials(options, {})),
        setup_{.folder = RunFolder(options.output_root / options.name),
               .claims = Claims(options.output_root / options.name / ".claims", /*alone=*/!request.shard),
               .machine = {},
               .allow_inexact = request.allow_inexact,
               .chosen = {},
               .starts = {},
               .groups = {},
               .cells = {},
               .subset_tables = {},
               .compute = {},
               .rows = {}} {}

  RunSetup run() {
    setup_.chosen = request_.only.empty() ? planned_ : plan_trials(options_, request_.only);
    if (request_.shard) setup_.chosen = trials_of(*request_.shard, std::move(setup_.chosen));
    setup_.machine = choose_machine(options_, request_);
    for (const auto& cell : options_.cells) {
      require_precision(cell.train.precision, torch::Device(setup_.machine.device));
    }
    if (!request_.fresh) setup_.compute = read_compute_records(setup_.folder.root());
    add_cells();
    check_identities();
    add_images();
    add_rows();
    return std::move(setup_);
  }

 private:
  std::uint64_t base_seed() const { return options_.seeds.front(); }

  const StartingPoint& start_of(const ModelOptions& model) {
    auto& start = setup_.starts[start_key(model)];
    if (!start) start = std::make_unique<StartingPoint>(model);
    return *start;
  }

  bool is_todo(const PlannedTrial& trial) const { return request_.fresh || !is_finished(trial.state); }

  void add_cells() {
    std::vector<std::size_t> order;
    for (const auto& trial : setup_.chosen) {
      if (order.empty() || order.back() != trial.cell) order.push_back(trial.cell);
    }
    std::map<std::string, std::size_t> first_place;
    for (const auto c : order) first_place.try_emplace(group_key(c), first_place.size());
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return first_place.at(group_key(a)) < first_place.at(group_key(b));
    });
    for (const auto c : order) {
      const auto& cell = options_.cells[c];
      require_resolution(cell.model.name, cell.data.resolution);
      require_no_lonely_image(cell, planned(c).num_images);
      const auto& start = start_of(cell.model);
      CellSetup cell_setup{.options = cell,
                           .start = start,
                           .identity = cell_identity(cell, base_seed(), start.weights_sha256()),
                           .todo = {}};
      for (const auto& trial : setup_.chosen) {
        if (trial.cell == c && is_todo(trial)) cell_setup.todo.push_back(trial.seed);
      }
      setup_.cells.push_back(std::move(cell_setup));
    }
  }

  void check_identities() const {
    if (request_.fresh) return;
    for (const auto& cell : setup_.cells) {
      const auto search = setup_.folder.cell(cell.options.name) / "search.json";
      if (fs::exists(search)) require_same(search.parent_path(), cell.identity, read_json(search));
      for (const auto& trial : setup_.chosen) {
        if (trial.cell_name != cell.options.name) continue;
        const auto folder = setup_.folder.trial(trial.cell_name, trial.seed);
        const auto identity = trial_identity(cell.identity, trial.seed);
        if (const auto record = setup_.folder.trial_record(trial.cell_name, trial.seed)) {
          require_same(folder, identity, *record);
        } else if (const auto checkpoint = newest_summary(RunFolder::checkpoints(folder))) {
          require_same(folder, identity, {{"identity", checkpoint->identity}});
        }
      }
    }
  }

  static void require_same(const fs::path& folder, const Identity& identity, const Json& record) {
    const auto differing = differences(identity, record);
    if (!differing.empty()) throw_other_identity(folder.string(), differing);
  }

  /// D and N of a cell, from its trials.
  const PlannedTrial& planned(std::size_t cell) const {
    return *std::find_if(planned_.begin(), planned_.end(),
                         [&](const PlannedTrial& trial) { return trial.cell == cell; });
  }

  std::string group_key(std::size_t cell) const {
    return image_group_key(options_.cells[cell], planned(cell).num_images);
  }

  /// The model's name, and a part of the key's hash where the model's cells do not all share their images.
  std::string group_name(const std::string& model, const std::string& key) const {
    for (std::size_t c = 0; c < options_.cells.size(); ++c) {
      if (options_.cells[c].model.name == model && group_key(c) != key) {
        return model + "__" + sha256_hex(key).substr(0, 8);
      }
    }
    return model;
  }

  void add_images() {
    for (auto& cell : setup_.cells) {
      if (cell.todo.empty()) continue;
      const auto c = static_cast<std::size_t>(&cell.options - options_.cells.data());
      const auto key = group_key(c);
      auto& group = setup_.groups[cell.options.model.name + "\n" + key];
      if (!group) {
        group = std::make_unique<ImageGroup>(group_name(cell.options.model.name, key), cell.options,
                                             planned(c).num_images, base_seed());
      }
      cell.images = group.get();
      for (const auto seed : cell.todo) group->add(group->key_of_seed(seed));
      if (!cell.options.lr.fixed) group->add(group->key_of_search());
    }
    for (const auto& [key, group] : setup_.groups) add_subset_tables(*group);
  }

  void add_subset_tables(const ImageGroup& group) {
    for (const auto& [key, subset] : group.subsets()) {
      const auto name = group.subset_name(key);
      const auto text = subset_table(group.index(), subset, setup_.machine.threads).to_text();
      const auto path = setup_.folder.subset(name);
      if (!request_.fresh && fs::exists(path) && read_text_file(path) != text) {
        throw ResumeError({.what = "cannot resume",
                           .where = path.string(),
                           .why = "the images of this subset are others now than when the run was started",
                           .safe = "Nothing was changed",
                           .todo = "Bring the old images back, or start anew with --fresh"});
      }
      setup_.subset_tables[name] = text;
    }
  }

  void add_rows() {
    for (const auto& trial : planned_) {
      const bool kept =
          !request_.fresh ||
          std::none_of(setup_.chosen.begin(), setup_.chosen.end(), [&](const PlannedTrial& other) {
            return other.cell == trial.cell && other.seed == trial.seed;
          });
      const auto& cell = options_.cells[trial.cell];
      setup_.rows.push_back(kept ? setup_.folder.row(cell, trial.seed) : pending_row(cell, trial.seed));
    }
  }

  const ExperimentOptions& options_;
  const RunRequest& request_;
  std::vector<PlannedTrial> planned_;
  RunSetup setup_;
};

/// What a fresh start removes: all of the run, or the chosen trials and what another configuration's search
/// left.
void remove_old(const RunRequest& request, const RunSetup& setup) {
  if (request.only.empty()) {
    for (const char* name :
         {"cells", "subsets", "images", "analysis", "report", "index.csv", "manifest.json", "config.yaml"}) {
      remove_tree(setup.folder.root() / name);
    }
    return;
  }
  for (const auto& trial : setup.chosen) remove_tree(setup.folder.trial(trial.cell_name, trial.seed));
  for (const auto& cell : setup.cells) {
    const auto folder = setup.folder.cell(cell.options.name);
    const auto path = folder / "search.json";
    if (!fs::exists(path) || differences(cell.identity, read_json(path)).empty()) continue;
    remove_tree(path);
    remove_tree(folder / "lr_search.csv");
  }
}

Json describe(const ImageIndex& index) {
  std::string lines;
  for (const auto& image : index.images) lines += fmt::format("{},{}\n", image.path, image.label);
  return {{"layout", index.layout},
          {"images", index.images.size()},
          {"classes", index.classes.size()},
          {"index_sha256", sha256_hex(lines)}};
}

/// Writes manifest.json; what an earlier start, or another shard, wrote of weights and data stays.
void write_manifest(const ExperimentOptions& options, const RunRequest& request, const RunSetup& setup) {
  const auto path = setup.folder.root() / "manifest.json";
  const auto claim = setup.claims.wait_for("manifest");
  const Json earlier = !request.fresh && fs::exists(path) ? read_json(path) : Json::object();
  auto weights = earlier.value("weights", Provenance());
  auto data = earlier.value("data", Provenance());
  for (const auto& [key, start] : setup.starts) {
    const auto& model = start->options();
    const bool one_file = std::ranges::all_of(setup.starts, [&](const auto& other) {
      const auto& another = other.second->options();
      return another.name != model.name || another.weights == model.weights;
    });
    weights[one_file ? model.name : model.name + " " + model.weights] = {{"file", model.weights},
                                                                         {"sha256", start->weights_sha256()}};
  }
  for (const auto& [key, group] : setup.groups) data[group->index().root.string()] = describe(group->index());
  const auto compute = request.fresh ? setup.compute : read_compute_records(setup.folder.root());
  write_json(path, manifest(options.name, setup.machine, weights, data, compute));
}

}  // namespace

RunSetup prepare_run(const ExperimentOptions& options, const RunRequest& request) {
  return Preparation(options, request).run();
}

void write_run_head(const ExperimentOptions& options, const RunRequest& request, const RunSetup& setup) {
  const auto& root = setup.folder.root();
  if (request.fresh) remove_old(request, setup);
  for (const auto& trial : setup.chosen) {
    // Left where a process was killed after it had recorded the trial.
    if (is_finished(trial.state)) {
      remove_tree(RunFolder::checkpoints(setup.folder.trial(trial.cell_name, trial.seed)));
    }
  }
  make_folder(root);
  write_file(root / "config.yaml", options.resolved_yaml);
  write_manifest(options, request, setup);
  make_folder(root / "subsets");
  for (const auto& [name, text] : setup.subset_tables) write_file(setup.folder.subset(name), text);
  if (setup.claims.alone()) setup.folder.write_index(setup.rows);
}

}  // namespace mirrortune
