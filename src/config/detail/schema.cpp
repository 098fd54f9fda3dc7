#include "config/detail/schema.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "config/detail/schema_table.h"

namespace mirrortune::config {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

NetworkKinds kind_of(std::string_view network, const KnownNetworks& known) {
  if (contains(known.encoders, network)) return kEncoders;
  return contains(known.row_classifiers, network) ? kRowClassifiers : kImageClassifiers;
}

std::string_view to_text(NetworkKinds kinds) {
  switch (kinds) {
    case kImageClassifiers:
      return "a classifier of images";
    case kEncoders:
      return "an encoder";
    case kRowClassifiers:
      return "a classifier of rows";
    case kClassifiers:
      return "a classifier";
    case kAnyNetworks:
      break;
  }
  return "a network";
}

std::string_view Key::section() const {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::string_view Key::leaf() const { return name.substr(name.rfind('.') + 1); }

const std::vector<Key>& schema() {
  static const std::vector<Key> keys = schema_table();
  return keys;
}

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(schema().begin(), schema().end(), [&](const Key& key) { return key.name == name; });
  return found == schema().end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
  return std::any_of(schema().begin(), schema().end(), [&](const Key& key) {
    return key.name.size() > name.size() && key.name.starts_with(name) && key.name[name.size()] == '.';
  });
}

const std::vector<Alternative>& alternatives() {
  static const std::vector<Alternative> all = {
      {"seeds.list", {"seeds.count", "seeds.base"}},
      {"lr.fixed", {"lr.search", "lr.extend_epochs", "lr.extend_times", "lr.select"}},
  };
  return all;
}

std::string suggest_key(std::string_view unknown) {
  const std::size_t dot = unknown.rfind('.');
  const std::string_view section =
      dot == std::string_view::npos ? std::string_view{} : unknown.substr(0, dot);
  const std::string_view leaf = unknown.substr(dot + 1);
  std::vector<std::string> here;       // names in the same section
  std::vector<std::string> elsewhere;  // keys of the same leaf in other sections
  std::vector<std::string> all;
  for (const Key& key : schema()) {
    all.emplace_back(key.name);
    if (key.leaf() == leaf) elsewhere.emplace_back(key.name);
    const bool inside =
        section.empty() || (key.name.starts_with(section) && key.name.size() > section.size() &&
                            key.name[section.size()] == '.');
    if (!inside) continue;
    const std::string_view rest = section.empty() ? key.name : key.name.substr(section.size() + 1);
    const std::string name(rest.substr(0, rest.find('.')));
    if (std::find(here.begin(), here.end(), name) == here.end()) here.push_back(name);
  }
  const std::string prefix = section.empty() ? std::string() : std::string(section) + ".";
  std::string text;
  if (const auto close = nearest(leaf, here)) {
    text = "; did you mean '" + prefix + *close + "'?";
  } else if (!elsewhere.empty()) {
    text = "; did you mean '" + join(elsewhere, "' or '") + "'?";
  } else if (const auto far = nearest(unknown, all)) {
    text = "; did you mean '" + *far + "'?";
  }
  return text + (text.empty() ? "; allowed here: " : " Allowed here: ") + join(here, ", ");
}

}  // namespace mirrortune::config
