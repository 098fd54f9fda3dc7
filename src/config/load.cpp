#include "config/load.h"

#include "base/error.h"
#include "base/text.h"
#include "config/detail/draft.h"
#include "config/detail/limited_file.h"
#include "config/detail/resolve.h"

namespace mirrortune {
namespace {

std::string one_line(const config::YamlNode& node) {
  std::vector<std::string> parts;
  for (const auto& item : node.items) parts.push_back(one_line(item));
  for (const auto& entry : node.entries) parts.push_back(entry.key + ": " + one_line(entry.value));
  switch (node.kind) {
    case config::YamlNode::Kind::list:
      return "[" + join(parts, ", ") + "]";
    case config::YamlNode::Kind::map:
      return "{" + join(parts, ", ") + "}";
    case config::YamlNode::Kind::scalar:
    case config::YamlNode::Kind::empty:
      break;
  }
  return node.text;
}

using ConfigKeys = std::vector<std::pair<std::string, std::string>>;

void append_keys(const config::YamlNode& map, const std::string& prefix, ConfigKeys& keys) {
  for (const auto& entry : map.entries) {
    const std::string key = prefix + entry.key;
    if (entry.value.kind == config::YamlNode::Kind::map && !entry.value.entries.empty()) {
      append_keys(entry.value, key + ".", keys);
    } else {
      keys.emplace_back(key, one_line(entry.value));
    }
  }
}

}  // namespace

std::vector<std::string> KnownNetworks::all() const {
  std::vector<std::string> names = image_classifiers;
  names.insert(names.end(), encoders.begin(), encoders.end());
  names.insert(names.end(), row_classifiers.begin(), row_classifiers.end());
  return names;
}

ExperimentOptions load_experiment(const ConfigSource& source) {
  const std::string file = source.file.string();
  config::Problems problems;
  config::YamlNode document = config::parse_yaml(config::read_limited(source.file), {file, 1, 1}, problems);
  // After a syntax error nothing is known of the rest.
  if (document.kind == config::YamlNode::Kind::empty) problems.throw_if_any(file);
  config::apply_preset(document, source.preset, problems);
  config::apply_overrides(document, source.overrides, problems);
  config::apply_run_directory(document, source.run_directory, problems);
  const config::ValueContext context{.folder = std::filesystem::absolute(source.file).parent_path(),
                                     .known = source.networks};
  const config::Draft draft = config::check_document(document, file, context, problems);
  problems.throw_if_any(file);
  ExperimentOptions experiment = config::resolve(draft, file, problems);
  experiment.resolved_yaml = config::to_yaml(draft);
  return experiment;
}

std::vector<std::pair<std::string, std::string>> read_config_keys(const std::filesystem::path& file) {
  config::Problems problems;
  const auto document = config::parse_yaml(config::read_limited(file), {file.string(), 1, 1}, problems);
  problems.throw_if_any(file.string());
  ConfigKeys keys;
  append_keys(document, "", keys);
  return keys;
}

}  // namespace mirrortune
