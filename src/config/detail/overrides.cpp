#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "config/detail/draft.h"

namespace mirrortune::config {
namespace {

/// The steps from the top of the document to a key: {"train", "epochs"}, {"grid", "optimizer.momentum"},
/// {"lr", "fixed", "1.5-norm"}.
std::vector<std::string> steps_to(std::string_view key) {
  std::vector<std::string> steps;
  std::string reached;
  std::string_view rest = key;
  while (!rest.empty()) {
    // Below a known key, and in the grid, the rest is one name, dots and all.
    const bool whole = reached == "grid" || find_key(reached) != nullptr;
    const std::size_t dot = whole ? std::string_view::npos : rest.find('.');
    steps.emplace_back(rest.substr(0, dot));
    reached += (reached.empty() ? "" : ".") + steps.back();
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  }
  return steps;
}

YamlNode& enter(YamlNode& map, const std::string& key, const Place& place) {
  if (map.kind != YamlNode::Kind::map) {
    map = YamlNode{};
    map.kind = YamlNode::Kind::map;
    map.place = place;
  }
  if (YamlEntry* entry = map.find(key)) return entry->value;
  map.entries.push_back({key, place, {}});
  map.entries.back().value.place = place;
  return map.entries.back().value;
}

void remove(YamlNode& document, std::string_view key) {
  YamlNode* node = &document;
  auto steps = steps_to(key);
  const std::string last = steps.back();
  steps.pop_back();
  for (const auto& step : steps) {
    YamlEntry* entry = node->find(step);
    if (!entry) return;
    node = &entry->value;
  }
  std::erase_if(node->entries, [&](const YamlEntry& entry) { return entry.key == last; });
}

/// The form that was just set replaces the other.
void remove_alternatives(YamlNode& document, std::string_view key) {
  for (const Alternative& alternative : alternatives()) {
    const auto& others = alternative.others;
    if (key == alternative.one) {
      for (const auto other : others) remove(document, other);
    } else if (std::find(others.begin(), others.end(), key) != others.end()) {
      remove(document, alternative.one);
    }
  }
}

}  // namespace

void set_key(YamlNode& document, std::string_view key, YamlNode value) {
  YamlNode* node = &document;
  for (const auto& step : steps_to(key)) node = &enter(*node, step, value.place);
  *node = std::move(value);
}

void apply_overrides(YamlNode& document, std::span<const std::string> overrides, Problems& problems) {
  for (const std::string& text : overrides) {
    const Place place{.origin = "-s " + in_quotes(text).substr(1, in_quotes(text).size() - 2)};
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems.add(place, "must be key=value");
      continue;
    }
    const std::string key = text.substr(0, equals);
    YamlNode value = parse_yaml(text.substr(equals + 1), place, problems);
    if (value.place.origin.empty()) value.place = place;
    remove_alternatives(document, key);
    set_key(document, key, std::move(value));
  }
}

void apply_preset(YamlNode& document, const std::string& preset, Problems& problems) {
  YamlNode presets;
  if (YamlEntry* entry = document.find("presets")) presets = std::move(entry->value);
  std::erase_if(document.entries, [](const YamlEntry& entry) { return entry.key == "presets"; });
  std::vector<std::string> names;
  for (YamlEntry& entry : presets.entries) {
    names.push_back(entry.key);
    if (entry.value.kind != YamlNode::Kind::map) {
      problems.add(entry.place, "a preset must be a map of dotted keys, like {train.epochs: 1}");
    } else if (entry.key == preset) {
      for (YamlEntry& change : entry.value.entries) {
        remove_alternatives(document, change.key);
        set_key(document, change.key, std::move(change.value));
      }
    }
  }
  if (!preset.empty() && std::ranges::find(names, preset) == names.end()) {
    problems.add({.origin = "--preset " + in_quotes(preset)},
                 names.empty() ? "the file has no presets" : "the file has only " + join(names, ", "));
  }
}

void apply_run_directory(YamlNode& document, const std::filesystem::path& folder, Problems& problems) {
  if (folder.empty() || document.kind != YamlNode::Kind::map) return;
  auto absolute = std::filesystem::absolute(folder).lexically_normal();
  if (absolute.filename().empty()) absolute = absolute.parent_path();
  const Place place{.origin = "--out " + in_quotes(folder.string())};
  const auto assign = [&](std::string_view key, const std::filesystem::path& value) {
    if (!is_utf8(value.string())) return problems.add(place, "the path is not UTF-8");
    set_key(document, key, text_node(value.string(), place));
  };
  assign("name", absolute.filename());
  assign("output.root", escape_path(absolute.parent_path().string()));
}

}  // namespace mirrortune::config
