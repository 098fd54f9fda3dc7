#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/weights_catalog.h"
#include "experiment/options.h"

namespace mirrortune {

/// Where `weights pull` puts files: $MIRRORTUNE_WEIGHTS, else $XDG_CACHE_HOME/mirrortune/weights, else
/// ~/.cache/mirrortune/weights. An empty variable counts as none. Throws MissingError where there is no HOME.
std::filesystem::path weights_folder();

/// A published file on this machine.
struct StoredWeights {
  std::filesystem::path path;
  const PublishedFile* file;  ///< the name that it has
};

/// The file of an entry in `folder`, by one of its names and a size that fits; its content is not read.
std::optional<StoredWeights> find_in_folder(const std::filesystem::path& folder, const WeightsEntry& entry);

/// Where torch.hub keeps what it downloaded: $TORCH_HOME/hub/checkpoints, else
/// ~/.cache/torch/hub/checkpoints; nothing where there is no HOME.
std::optional<std::filesystem::path> hub_folder();

/// The file of an entry in hub_folder(), by one of its names and its whole content: nothing of ours checked
/// it when it was put there.
std::optional<StoredWeights> find_in_hub(const WeightsEntry& entry);

/// What a user means by the weights `name_or_path`: a file or folder that is there, else the file of the
/// published weights of that name (weights_folder() first, then PyTorch's hub folder). Throws MissingError
/// with the command that gets it, or with the nearest name.
std::filesystem::path resolve_weights(const std::filesystem::path& name_or_path);

/// Names of published weights that these of `experiment`'s cells need and that are not on this machine.
std::vector<std::string> missing_weights(const ExperimentOptions& experiment,
                                         const std::set<std::size_t>& cells);

/// Puts the file in the place of every name of published weights in these of `experiment`'s cells;
/// load_experiment leaves names as they are, so that they stand in the identity and in config.yaml on every
/// machine. Throws MissingError naming all that are not on this machine.
void resolve_weights(ExperimentOptions& experiment, const std::set<std::size_t>& cells);
/// The same in all cells.
void resolve_weights(ExperimentOptions& experiment);

}  // namespace mirrortune
