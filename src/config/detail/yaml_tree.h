#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/detail/problems.h"

namespace mirrortune::config {

struct YamlEntry;

/// A node of a YAML document that holds only what a configuration may hold: scalars, lists and maps, each
/// with its place.
struct YamlNode {
  enum class Kind { empty, scalar, list, map };

  Kind kind = Kind::empty;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< the scalar stood in quotes: it is text, never a number
  Place place;
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map, in the order of the file; keys are unique

  YamlEntry* find(std::string_view key);
};

struct YamlEntry {
  std::string key;
  Place place;
  YamlNode value;
};

/// A scalar node.
YamlNode text_node(std::string text, const Place& place);

/// Reads one document. Anchors, aliases, tags, duplicate keys, a second document, deep nesting, text that is
/// not UTF-8 and every syntax error become problems; what could be read is returned all the same. If `origin`
/// has line 0 (an override), every place is just that origin.
YamlNode parse_yaml(const std::string& text, const Place& origin, Problems& problems);

/// A problem for each key of the map that is none of `known`, with the nearest of them.
void refuse_unknown(const YamlNode& map, const std::vector<std::string>& known, Problems& problems);

/// `text` as a YAML scalar that parse_yaml reads back as the same text: plain where that is safe, else in
/// double quotes.
std::string yaml_scalar(std::string_view text);

}  // namespace mirrortune::config
