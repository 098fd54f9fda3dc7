#include "config/detail/resolve.h"

#include <algorithm>
#include <map>

#include "base/sha256.h"
#include "base/text.h"

namespace mirrortune::config {
namespace {

constexpr std::size_t kMostCells = 10'000;  ///< a slip in a grid, not an experiment
constexpr std::size_t kLongestName = 180;   ///< of a cell's folder; file systems end at 255 bytes

std::string folder_text(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=-";
  std::string name(text);
  for (char& c : name) {
    if (kAllowed.find(c) == std::string_view::npos) c = '_';
  }
  return name;
}

/// One point of the grid.
struct Point {
  std::string model;
  std::string potential;
  std::vector<std::size_t> along;  ///< index of each further axis' value
};

class Resolver {
 public:
  Resolver(const Draft& draft, const std::string& file, Problems& problems)
      : draft_(draft), file_(file), problems_(problems) {}

  ExperimentOptions resolve() {
    ExperimentOptions experiment;
    for (const Key& key : schema()) {
      if (!key.set_experiment) continue;
      if (const auto value = draft_.plain_value(key)) key.set_experiment(experiment, key, *value);
    }
    experiment.seeds = seeds();
    check_maps();
    for (const Point& point : points()) experiment.cells.push_back(cell(point));
    tell_names_apart(experiment.cells);
    return experiment;
  }

 private:
  const std::vector<std::string>& grid(std::string_view key) const {
    return std::get<std::vector<std::string>>(*draft_.given.at(key).value);
  }

  std::vector<std::uint64_t> seeds() const {
    std::vector<std::uint64_t> all;
    if (draft_.has("seeds.list")) {
      const auto& list = std::get<std::vector<std::int64_t>>(*draft_.given.at("seeds.list").value);
      all.assign(list.begin(), list.end());
      return all;
    }
    const auto count = std::get<std::int64_t>(*draft_.plain_value(*find_key("seeds.count")));
    const auto base = std::get<std::int64_t>(*draft_.plain_value(*find_key("seeds.base")));
    for (std::int64_t i = 0; i < count; ++i) all.push_back(static_cast<std::uint64_t>(base + i));
    return all;
  }

  /// A map by model or potential must have a value for every one of the grid.
  void check_maps() {
    for (const auto& [name, given] : draft_.given) {
      if (given.by.empty()) continue;
      const bool by_model = find_key(name)->map_by == MapBy::model;
      for (const std::string& wanted : grid(by_model ? "grid.model" : "grid.potential")) {
        const bool there = std::any_of(given.by.begin(), given.by.end(),
                                       [&](const auto& entry) { return entry.first == wanted; });
        if (!there) problems_.add(given.place, in_quotes(name) + " has no value for " + in_quotes(wanted));
      }
    }
    problems_.throw_if_any(file_);
  }

  std::vector<Point> points() {
    std::size_t count = grid("grid.model").size() * grid("grid.potential").size();
    for (const Axis& axis : draft_.axes) count = std::min(count * axis.values.size(), kMostCells + 1);
    if (count > kMostCells) {
      problems_.add(draft_.place("grid.model", file_),
                    "the grid has more than " + std::to_string(kMostCells) + " cells");
      problems_.throw_if_any(file_);
    }
    std::vector<Point> all;
    for (const auto& model : grid("grid.model")) {
      for (const auto& potential : grid("grid.potential")) all.push_back({model, potential, {}});
    }
    for (const Axis& axis : draft_.axes) {
      std::vector<Point> longer;
      for (const Point& point : all) {
        for (std::size_t i = 0; i < axis.values.size(); ++i) {
          longer.push_back(point);
          longer.back().along.push_back(i);
        }
      }
      all = std::move(longer);
    }
    return all;
  }

  std::optional<Value> value_at(const Key& key, const Point& point) const {
    for (std::size_t i = 0; i < draft_.axes.size(); ++i) {
      if (draft_.axes[i].key == &key) return draft_.axes[i].values[point.along[i]];
    }
    if (const auto found = draft_.given.find(key.name); found != draft_.given.end()) {
      const std::string& which = key.map_by == MapBy::model ? point.model : point.potential;
      for (const auto& [name, value] : found->second.by) {
        if (name == which) return value;
      }
    }
    if (draft_.has(key.name) || key.adamw_fallback.empty()) return draft_.plain_value(key);
    return draft_.fallback(key, std::get<std::string>(*value_at(*find_key(kOptimizerKind), point)));
  }

  CellOptions cell(const Point& point) {
    CellOptions cell;
    cell.name = folder_text(point.model) + "__" + folder_text(point.potential);
    for (std::size_t i = 0; i < draft_.axes.size(); ++i) {
      const Axis& axis = draft_.axes[i];
      const Value& value = axis.values[point.along[i]];
      const auto* text = std::get_if<std::string>(&value);
      cell.name += "__" + folder_text(std::string(axis.key->name) + "=" +
                                      (text ? *text : to_yaml(value, axis.key->type.kind)));
    }
    cell.potential = point.potential;
    cell.model.name = point.model;
    cell.identity = {{"model", point.model}, {"potential", point.potential}};
    for (const Key& key : schema()) {
      if (!key.set_cell || draft_.is_replaced(key.name)) continue;
      if ((key.networks & kind_of(point.model, draft_.known)) == 0) continue;
      const auto value = value_at(key, point);
      if (!value) continue;
      key.set_cell(cell, key, *value);
      if (key.identity) cell.identity.emplace_back(key.name, to_yaml(*value, key.type.kind));
    }
    put_names(cell);
    check(cell);
    return cell;
  }

  /// Puts the cell's names, as its folder has them, in place of {model} and {potential} in the path of its
  /// weights.
  static void put_names(CellOptions& cell) {
    const std::pair<std::string_view, std::string> names[] = {{"{model}", folder_text(cell.model.name)},
                                                              {"{potential}", folder_text(cell.potential)}};
    for (const auto& [word, name] : names) {
      std::string& path = cell.model.weights;
      for (std::size_t at; (at = path.find(word)) != std::string::npos;) path.replace(at, word.size(), name);
    }
  }

  /// Settings that are fine alone and contradict each other.
  void check(const CellOptions& cell) {
    const auto& optimizer = cell.optimizer;
    if (!nesterov_fits(optimizer)) {
      problems_.add(draft_.place("optimizer.nesterov", file_),
                    "'optimizer.nesterov' needs optimizer.momentum above 0 and optimizer.dampening 0");
    }
    if (!second_moment_fits(optimizer)) {
      problems_.add(
          draft_.place("optimizer.second_moment", file_),
          "'optimizer.second_moment' needs optimizer.momentum below 1, optimizer.dampening 0 and no "
          "optimizer.nesterov");
    }
    if (!decay_fits_form(optimizer)) {
      problems_.add(draft_.place("optimizer.form", file_),
                    "'optimizer.form' other than mirror_descent takes optimizer.decay coupled only");
    }
    if (!zeros_fit_form(optimizer)) {
      problems_.add(draft_.place("optimizer.form", file_),
                    "'optimizer.form' other than mirror_descent takes optimizer.zeros keep or mask");
    }
    const int longest =
        cell.train.epochs + (cell.lr.fixed ? 0 : cell.lr.extend_times * std::max(cell.lr.extend_epochs, 0));
    const auto& epochs = cell.snapshots.epochs;
    if (!epochs.empty() && epochs.back() > longest) {
      problems_.add(draft_.place("snapshots.epochs", file_),
                    "a snapshot after epoch " + std::to_string(epochs.back()) +
                        " is never taken: no training has more than " + std::to_string(longest) + " epochs");
    }
    if (cell.model.reinit_head && cell.model.weights == "none") {
      problems_.add(draft_.place("model.reinit_head", file_),
                    "'model.reinit_head' has no effect with model.weights none: the whole start is random");
    }
  }

  /// Names that are too long or the same get 8 digits of the identity's hash.
  static void tell_names_apart(std::vector<CellOptions>& cells) {
    std::map<std::string, int> uses;
    for (const CellOptions& cell : cells) ++uses[cell.name];
    for (CellOptions& cell : cells) {
      if (uses[cell.name] == 1 && cell.name.size() <= kLongestName) continue;
      std::string identity;
      for (const auto& [key, value] : cell.identity) identity += key + "=" + value + "\n";
      cell.name = cell.name.substr(0, kLongestName) + "_" + sha256_hex(identity).substr(0, 8);
    }
  }

  const Draft& draft_;
  const std::string& file_;
  Problems& problems_;
};

}  // namespace

ExperimentOptions resolve(const Draft& draft, const std::string& file, Problems& problems) {
  ExperimentOptions experiment = Resolver(draft, file, problems).resolve();
  problems.throw_if_any(file);
  return experiment;
}

}  // namespace mirrortune::config
