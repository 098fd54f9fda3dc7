#include "train/detail/parameter_groups.h"

#include <algorithm>
#include <map>

#include <fnmatch.h>

#include "base/error.h"
#include "models/layers.h"

namespace mirrortune::detail {
namespace {

bool fits(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), /*flags=*/0) == 0;
}

}  // namespace

ParameterGroups parameter_groups(const Network& network, const TrainingOptions& options) {
  std::map<std::string, std::string> kinds;  // of the layers
  for (const auto& module : network.named_modules()) kinds[module.key()] = layer_kind(*module.value());
  const auto& patterns = options.optimizer.groups;
  // One group per pattern, and last the rest.
  std::vector<std::vector<torch::Tensor>> parameters(patterns.size() + 1);
  std::vector<std::vector<std::string>> names(patterns.size() + 1);
  for (const auto& parameter : network.named_parameters()) {
    const std::string& name = parameter.key();
    const std::string kind = kinds[name.substr(0, name.rfind('.'))];
    const auto found = std::find_if(patterns.begin(), patterns.end(), [&](const auto& group) {
      return fits(group.pattern, name) || fits(group.pattern, kind);
    });
    const auto group = static_cast<std::size_t>(found - patterns.begin());
    parameters[group].push_back(parameter.value());
    names[group].push_back(name);
  }
  ParameterGroups result;
  for (std::size_t g = 0; g <= patterns.size(); ++g) {
    const bool rest = g == patterns.size();
    if (rest && parameters[g].empty()) break;
    if (parameters[g].empty()) {
      throw ConfigError({.what = "cannot train",
                         .where = "optimizer.groups",
                         .why = "the pattern '" + patterns[g].pattern +
                                "' fits no parameter that an earlier one has not taken"});
    }
    const auto own =
        make_options(options.lr, rest ? options.potential : patterns[g].potential, options.optimizer);
    result.groups.emplace_back(parameters[g], std::make_unique<MirrorDescentOptions>(own));
    result.names.insert(result.names.end(), names[g].begin(), names[g].end());
  }
  return result;
}

}  // namespace mirrortune::detail
