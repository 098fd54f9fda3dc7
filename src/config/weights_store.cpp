#include "config/weights_store.h"

#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> folder_of_variable(const char* name) {
  const char* text = std::getenv(name);
  if (!text || !*text) return {};
  return fs::path(text);
}

/// The file `file` in `folder`, if one of its name and of a size that fits is there.
std::optional<StoredWeights> find_file(const fs::path& folder, const PublishedFile& file) {
  fs::path path = folder / file.name;
  std::error_code absent;
  if (!fs::is_regular_file(path, absent)) return {};
  const std::uintmax_t bytes = fs::file_size(path, absent);
  if (absent || bytes < file.smallest_bytes() || bytes > file.largest_bytes()) return {};
  return StoredWeights{std::move(path), &file};
}

std::string pull_command(const std::string& network) { return "`mirrortune weights pull " + network + "`"; }

/// The file of a published network on this machine.
std::optional<StoredWeights> find_stored(const WeightsEntry& entry) {
  if (auto stored = find_in_folder(weights_folder(), entry)) return stored;
  return find_in_hub(entry);
}

/// Files by the names of published weights; none where the file is not on this machine.
using FilesByName = std::map<std::string, std::optional<StoredWeights>>;

std::vector<std::string> names_without_file(const FilesByName& files) {
  std::vector<std::string> names;
  for (const auto& [name, stored] : files) {
    if (!stored) names.push_back(name);
  }
  return names;
}

/// The published weights that the cells name.
FilesByName published_weights(const ExperimentOptions& experiment, const std::set<std::size_t>& cells) {
  FilesByName found;
  for (const std::size_t cell : cells) {
    const std::string& weights = experiment.cells.at(cell).model.weights;
    const WeightsEntry* entry = find_weights(weights);  // paths of a configuration are absolute
    if (entry && !found.contains(weights)) found[weights] = find_stored(*entry);
  }
  return found;
}

[[noreturn]] void throw_not_pulled(const std::vector<std::string>& networks) {
  std::vector<std::string> commands;
  for (const auto& network : networks) commands.push_back(pull_command(network));
  throw MissingError({.what = "cannot find the weights",
                      .where = join(networks, ", "),
                      .why = "they are published, and not in " + weights_folder().string(),
                      .safe = "No data was touched",
                      .todo = "Run " + join(commands, " and ")});
}

}  // namespace

fs::path weights_folder() {
  if (const auto folder = folder_of_variable("MIRRORTUNE_WEIGHTS")) return *folder;
  const fs::path below = fs::path("mirrortune") / "weights";
  if (const auto cache = folder_of_variable("XDG_CACHE_HOME")) return *cache / below;
  if (const auto home = folder_of_variable("HOME")) return *home / ".cache" / below;
  throw MissingError({.what = "cannot tell where weights are kept",
                      .why = "the environment variable HOME is not set",
                      .todo = "Set HOME, or MIRRORTUNE_WEIGHTS to a folder"});
}

std::optional<StoredWeights> find_in_folder(const fs::path& folder, const WeightsEntry& entry) {
  for (const PublishedFile& file : entry.files) {
    if (auto stored = find_file(folder, file)) return stored;
  }
  return {};
}

std::optional<fs::path> hub_folder() {
  const fs::path below = fs::path("hub") / "checkpoints";
  if (const auto torch = folder_of_variable("TORCH_HOME")) return *torch / below;
  if (const auto home = folder_of_variable("HOME")) return *home / ".cache" / "torch" / below;
  return {};
}

std::optional<StoredWeights> find_in_hub(const WeightsEntry& entry) {
  const auto folder = hub_folder();
  if (!folder) return {};
  for (const PublishedFile& file : entry.files) {
    auto stored = find_file(*folder, file);
    if (stored && file.has_content(sha256_of_file(stored->path))) return stored;
  }
  return {};
}

fs::path resolve_weights(const fs::path& name_or_path) {
  std::error_code absent;
  if (fs::exists(name_or_path, absent)) return name_or_path;
  const std::string name = name_or_path.string();
  if (const WeightsEntry* entry = find_weights(name)) {
    if (const auto stored = find_stored(*entry)) return stored->path;
    throw_not_pulled({name});
  }
  std::vector<std::string> names;
  for (const WeightsEntry& entry : all_weights()) names.push_back(entry.network);
  const auto close = nearest(name, names);
  throw MissingError(
      {.what = "cannot find the weights",
       .where = printable(name),
       .why = "no such file is there, and no published weights have that name",
       .todo = close ? "Did you mean " + *close + "?" : "`mirrortune weights ls` lists the names"});
}

std::vector<std::string> missing_weights(const ExperimentOptions& experiment,
                                         const std::set<std::size_t>& cells) {
  return names_without_file(published_weights(experiment, cells));
}

void resolve_weights(ExperimentOptions& experiment, const std::set<std::size_t>& cells) {
  const auto published = published_weights(experiment, cells);
  if (const auto missing = names_without_file(published); !missing.empty()) throw_not_pulled(missing);
  for (const std::size_t cell : cells) {
    std::string& weights = experiment.cells.at(cell).model.weights;
    if (const auto found = published.find(weights); found != published.end())
      weights = found->second->path.string();
  }
}

void resolve_weights(ExperimentOptions& experiment) {
  std::set<std::size_t> cells;
  for (std::size_t cell = 0; cell < experiment.cells.size(); ++cell) cells.insert(cell);
  resolve_weights(experiment, cells);
}

}  // namespace mirrortune
