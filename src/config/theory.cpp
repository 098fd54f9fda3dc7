#include "config/theory.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "config/detail/draft.h"
#include "config/detail/limited_file.h"

namespace mirrortune {
namespace {

using config::Problems;
using config::Value;
using config::ValueType;
using config::YamlEntry;
using config::YamlNode;

const std::vector<std::string> kKeys = {"schema_version", "name", "theory", "options", "output"};

/// The value of a key as a text, or nothing and a problem.
std::optional<std::string> text_of(YamlNode& document, const std::string& key, const ValueType& type,
                                   const config::ValueContext& context, Problems& problems) {
  const YamlEntry* entry = document.find(key);
  if (!entry) {
    problems.add(document.place, "'" + key + "' is missing");
    return {};
  }
  const auto value = parse_value(type, entry->value, context, problems);
  return value ? std::optional(std::get<std::string>(*value)) : std::nullopt;
}

/// "a" → {"a"}; [a, b] → {"a,b"}; [[a, b], [c]] → {"a,b", "c"}.
std::vector<std::string> values_of(const YamlNode& node, Problems& problems) {
  const auto joined = [](const std::vector<YamlNode>& items) {
    std::vector<std::string> texts;
    for (const auto& item : items) texts.push_back(item.text);
    return join(texts, ",");
  };
  const auto is_scalar = [](const YamlNode& item) { return item.kind == YamlNode::Kind::scalar; };
  const auto is_row = [&](const YamlNode& item) {
    return item.kind == YamlNode::Kind::list && !item.items.empty() &&
           std::ranges::all_of(item.items, is_scalar);
  };
  std::vector<std::string> values;
  if (is_scalar(node)) return {node.text};
  if (is_row(node)) return {joined(node.items)};
  if (node.kind == YamlNode::Kind::list && !node.items.empty() && std::ranges::all_of(node.items, is_row)) {
    for (const auto& item : node.items) values.push_back(joined(item.items));
    return values;
  }
  problems.add(node.place, "must be a value, a list like [a, b], or a list of such lists");
  return values;
}

std::vector<TheoryConfig::Option> options_of(YamlNode& document, const config::ValueContext& context,
                                             Problems& problems) {
  std::vector<TheoryConfig::Option> options;
  YamlEntry* all = document.find("options");
  if (!all) return options;
  if (all->value.kind != YamlNode::Kind::map && all->value.kind != YamlNode::Kind::empty) {
    problems.add(all->value.place, "'options' must be a map of the command's options");
  }
  for (YamlEntry& entry : all->value.entries) {
    if (entry.key == "table") {  // the only one that is a path
      const auto path = parse_value({.kind = config::Kind::path}, entry.value, context, problems);
      if (path) entry.value = config::text_node(std::get<std::string>(*path), entry.value.place);
    }
    options.push_back({entry.key, values_of(entry.value, problems), entry.place.text()});
  }
  return options;
}

std::string flow_text(const YamlNode& node, bool is_path) {
  if (node.kind == YamlNode::Kind::scalar) {
    return config::yaml_scalar(is_path ? config::escape_path(node.text) : node.text);
  }
  std::vector<std::string> items;
  for (const auto& item : node.items) items.push_back(flow_text(item, is_path));
  return "[" + join(items, ", ") + "]";
}

std::string resolved(YamlNode& document, const TheoryConfig& config) {
  std::string text = "schema_version: 1\nname: " + config::yaml_scalar(config.name) +
                     "\ntheory: " + config::yaml_scalar(config.theory) + "\n";
  if (!config.options.empty()) text += "options:\n";
  for (const auto& option : config.options) {
    const YamlNode& value = document.find("options")->value.find(option.key)->value;
    text += "  " + config::yaml_scalar(option.key) + ": " + flow_text(value, option.key == "table") + "\n";
  }
  return text + "output: {root: " + config::yaml_scalar(config::escape_path(config.output_root.string())) +
         "}\n";
}

TheoryConfig read(YamlNode& document, const std::filesystem::path& folder, Problems& problems) {
  const config::ValueContext context{.folder = folder};
  TheoryConfig found;
  config::refuse_unknown(document, kKeys, problems);
  const YamlEntry* version = document.find("schema_version");
  if (!version || version->value.text != "1") problems.add(document.place, "'schema_version' must be 1");
  found.folder = folder;
  found.name = text_of(document, "name", {.kind = config::Kind::name}, context, problems).value_or("");
  found.theory = text_of(document, "theory", {.kind = config::Kind::name}, context, problems).value_or("");
  found.output_root = folder / "runs";
  if (YamlEntry* output = document.find("output")) {
    config::refuse_unknown(output->value, {"root"}, problems);
    found.output_root =
        text_of(output->value, "root", {.kind = config::Kind::path}, context, problems).value_or("");
  }
  found.options = options_of(document, context, problems);
  return found;
}

}  // namespace

std::optional<TheoryConfig> load_theory(const ConfigSource& source) {
  const std::string file = source.file.string();
  Problems problems;
  YamlNode document = config::parse_yaml(config::read_limited(source.file), {file, 1, 1}, problems);
  if (document.kind != YamlNode::Kind::map || !document.find("theory")) return {};
  problems.throw_if_any(file);
  config::apply_preset(document, source.preset, problems);
  config::apply_overrides(document, source.overrides, problems);
  config::apply_run_directory(document, source.run_directory, problems);
  TheoryConfig found = read(document, std::filesystem::absolute(source.file).parent_path(), problems);
  problems.throw_if_any(file);
  found.resolved_yaml = resolved(document, found);
  return found;
}

}  // namespace mirrortune
