#include <string>

#include "base/text.h"
#include "config/detail/resolve.h"

namespace mirrortune::config {
namespace {

std::string axis_values(const Axis& axis) {
  std::vector<std::string> values;
  for (const Value& value : axis.values) values.push_back(to_yaml(value, axis.key->type.kind));
  return "[" + join(values, ", ") + "]";
}

/// The right-hand side of a key, or "" if the key is left out.
std::string right_side(const Draft& draft, const Key& key) {
  if (draft.is_axis(key.name) || draft.is_replaced(key.name) || !draft.fits_grid(key)) return "";
  const auto given = draft.given.find(key.name);
  if (given != draft.given.end() && !given->second.by.empty()) {
    std::vector<std::string> entries;
    for (const auto& [name, value] : given->second.by) {
      entries.push_back(yaml_scalar(name) + ": " + to_yaml(value, key.type.kind));
    }
    return "{" + join(entries, ", ") + "}";
  }
  const auto value = draft.plain_value(key);
  return value ? to_yaml(*value, key.type.kind) : "";
}

}  // namespace

std::string to_yaml(const Draft& draft) {
  std::string text;
  std::vector<std::string> open;  // sections that the last line stands in
  const auto enter = [&](const Key& key) {
    const auto sections = key.section().empty() ? std::vector<std::string>{} : split(key.section(), '.');
    std::size_t common = 0;
    while (common < open.size() && common < sections.size() && open[common] == sections[common]) ++common;
    for (std::size_t i = common; i < sections.size(); ++i)
      text += std::string(2 * i, ' ') + sections[i] + ":\n";
    open = sections;
    return std::string(2 * sections.size(), ' ');
  };
  for (const Key& key : schema()) {
    const std::string value = right_side(draft, key);
    if (!value.empty()) {
      const std::string indent = enter(key);
      text += indent + std::string(key.leaf()) + ": " + value + "  # " + std::string(key.help) + "\n";
    }
    if (key.name != "grid.potential") continue;
    for (const Axis& axis : draft.axes) {
      text += "  " + std::string(axis.key->name) + ": " + axis_values(axis) + "  # " +
              std::string(axis.key->help) + "\n";
    }
  }
  return text;
}

}  // namespace mirrortune::config
