#include "config/detail/draft.h"

#include <algorithm>

namespace mirrortune::config {
namespace {

class DocumentChecker {
 public:
  DocumentChecker(const std::string& file, const ValueContext& context, Problems& problems)
      : file_(file), context_(context), problems_(problems) {}

  Draft check(const YamlNode& document) {
    draft_.folder = context_.folder;
    draft_.known = context_.known;
    if (document.kind == YamlNode::Kind::map) {
      section(document, "");
    } else if (problems_.empty()) {
      const bool empty = document.kind == YamlNode::Kind::empty;
      problems_.add({file_, std::max(document.place.line, 1), std::max(document.place.column, 1)},
                    empty ? "the file is empty" : "a configuration is a map of keys");
      return std::move(draft_);
    }
    required(document);
    exclusive();
    without_network();
    return std::move(draft_);
  }

 private:
  void section(const YamlNode& map, const std::string& name) {
    for (const YamlEntry& entry : map.entries) {
      const std::string full = name.empty() ? entry.key : name + "." + entry.key;
      if (const Key* key = find_key(full)) {
        value(*key, entry);
      } else if (is_section(full)) {
        if (entry.value.kind == YamlNode::Kind::map) {
          section(entry.value, full);
        } else {
          problems_.add(entry.value.place, in_quotes(full) + " must be a map of keys" + members(full));
        }
      } else if (name == "grid") {
        axis(entry);
      } else {
        problems_.add(entry.place, "unknown key " + in_quotes(full) + suggest_key(full));
      }
    }
  }

  static std::string members(const std::string& name) {
    std::string text;
    for (const Key& key : schema()) {
      if (key.section() == name) text += (text.empty() ? ": " : ", ") + std::string(key.leaf());
    }
    return text;
  }

  void value(const Key& key, const YamlEntry& entry) {
    Given given{.value = {}, .by = {}, .place = entry.place};
    if (key.map_by != MapBy::nothing && entry.value.kind == YamlNode::Kind::map) {
      given.by = values_by(key, entry.value);
    } else {
      given.value = parse_value(key.type, entry.value, context_, problems_);
    }
    draft_.given[key.name] = std::move(given);
  }

  std::vector<std::pair<std::string, Value>> values_by(const Key& key, const YamlNode& map) {
    const ValueType by{.kind = key.map_by == MapBy::model ? Kind::model : Kind::potential};
    std::vector<std::pair<std::string, Value>> values;
    for (const YamlEntry& entry : map.entries) {
      const auto which = parse_value(by, text_node(entry.key, entry.place), context_, problems_);
      auto value = parse_value(key.type, entry.value, context_, problems_);
      if (!which || !value) continue;
      const auto& text = std::get<std::string>(*which);
      const bool twice =
          std::any_of(values.begin(), values.end(), [&](const auto& v) { return v.first == text; });
      if (twice) problems_.add(entry.place, in_quotes(text) + " stands twice in the map");
      values.emplace_back(text, std::move(*value));
    }
    if (map.entries.empty()) problems_.add(map.place, in_quotes(key.name) + " is an empty map");
    return values;
  }

  void axis(const YamlEntry& entry) {
    const Key* key = find_key(entry.key);
    if (!key || !key->set_cell) {
      const bool fixed = key != nullptr;
      problems_.add(entry.place,
                    fixed ? in_quotes(entry.key) + " belongs to the whole experiment and cannot be an axis"
                          : "unknown axis " + in_quotes(entry.key) + suggest_key(entry.key));
      return;
    }
    Axis axis{key, {}, entry.place};
    if (entry.value.kind != YamlNode::Kind::list || entry.value.items.empty()) {
      problems_.add(entry.value.place,
                    "an axis is a list with one value or more of " + std::string(key->name));
      return;
    }
    std::vector<std::string> seen;
    for (const YamlNode& item : entry.value.items) {
      auto value = parse_value(key->type, item, context_, problems_);
      if (!value) continue;
      const std::string text = to_yaml(*value, key->type.kind);
      if (std::find(seen.begin(), seen.end(), text) != seen.end()) {
        problems_.add(item.place, in_quotes(text) + " stands twice in the list");
      }
      seen.push_back(text);
      axis.values.push_back(std::move(*value));
    }
    draft_.axes.push_back(std::move(axis));
  }

  void required(const YamlNode& document) {
    for (const Key& key : schema()) {
      if (!key.required || draft_.has(key.name) || draft_.is_axis(key.name)) continue;
      const std::string_view top = key.name.substr(0, key.name.find('.'));
      Place place{file_, 1, 1};
      for (const YamlEntry& entry : document.entries) {
        if (entry.key == top) place = entry.place;
      }
      problems_.add(place,
                    "the key '" + std::string(key.name) + "' is missing (" + std::string(key.help) + ")");
    }
  }

  void exclusive() {
    for (const Axis& axis : draft_.axes) {
      if (!draft_.has(axis.key->name)) continue;
      problems_.add(axis.place, in_quotes(axis.key->name) +
                                    " is an axis of the grid and a key of its own, at " +
                                    draft_.place(axis.key->name, file_).text() + "; keep one of them");
    }
    for (const Alternative& alternative : alternatives()) {
      if (!draft_.has(alternative.one) && !draft_.is_axis(alternative.one)) continue;
      for (const auto other : alternative.others) {
        if (!draft_.has(other) && !draft_.is_axis(other)) continue;
        problems_.add(draft_.place(other, file_), in_quotes(other) + " has no effect beside " +
                                                      in_quotes(alternative.one) + "; keep one of them");
      }
    }
  }

  void without_network() {
    const auto refuse = [&](const Key& key, const Place& place) {
      if (draft_.fits_grid(key)) return;
      problems_.add(place, in_quotes(key.name) + " has no effect: no network of the grid is " +
                               std::string(to_text(key.networks)));
    };
    for (const auto& [name, given] : draft_.given) refuse(*find_key(name), given.place);
    for (const Axis& axis : draft_.axes) refuse(*axis.key, axis.place);
  }

  const std::string& file_;
  const ValueContext& context_;
  Problems& problems_;
  Draft draft_;
};

}  // namespace

bool Draft::fits_grid(const Key& key) const {
  const auto grid = given.find("grid.model");
  if (grid == given.end() || !grid->second.value) return true;
  const auto& models = std::get<std::vector<std::string>>(*grid->second.value);
  return std::ranges::any_of(
      models, [&](const std::string& model) { return (key.networks & kind_of(model, known)) != 0; });
}

bool Draft::is_axis(std::string_view key) const {
  return std::any_of(axes.begin(), axes.end(), [&](const Axis& axis) { return axis.key->name == key; });
}

bool Draft::is_replaced(std::string_view key) const {
  return std::any_of(alternatives().begin(), alternatives().end(), [&](const Alternative& alternative) {
    const auto& others = alternative.others;
    return (has(alternative.one) || is_axis(alternative.one)) &&
           std::find(others.begin(), others.end(), key) != others.end();
  });
}

std::optional<Value> Draft::plain_value(const Key& key) const {
  if (const auto found = given.find(key.name); found != given.end()) return found->second.value;
  if (key.adamw_fallback.empty()) return fallback(key, "");
  if (is_axis(kOptimizerKind)) return {};
  return fallback(key, std::get<std::string>(*plain_value(*find_key(kOptimizerKind))));
}

std::optional<Value> Draft::fallback(const Key& key, const std::string& optimizer_kind) const {
  if (!key.fallback) return {};
  const bool adamw = optimizer_kind == "adamw" && !key.adamw_fallback.empty();
  Problems none;
  const YamlNode node =
      parse_yaml(std::string(adamw ? key.adamw_fallback : *key.fallback), {.origin = "default"}, none);
  return parse_value(key.type, node, {.folder = folder}, none);
}

Place Draft::place(std::string_view key, const std::string& file) const {
  if (const auto found = given.find(key); found != given.end()) return found->second.place;
  for (const Axis& axis : axes) {
    if (axis.key->name == key) return axis.place;
  }
  return {file, 1, 1};
}

Draft check_document(const YamlNode& document, const std::string& file, const ValueContext& context,
                     Problems& problems) {
  return DocumentChecker(file, context, problems).check(document);
}

}  // namespace mirrortune::config
