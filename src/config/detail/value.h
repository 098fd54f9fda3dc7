#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/detail/problems.h"
#include "config/detail/yaml_tree.h"
#include "config/load.h"

namespace mirrortune::config {

/// A checked value. Paths are absolute (names of published weights stay names), potentials canonical.
using Value =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>,
                 std::vector<std::string>, std::vector<std::pair<std::string, std::string>>>;

/// What a value may be.
enum class Kind { boolean, integer, number, choice, name, path, md5, potential, model, potential_by_pattern };

struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;  ///< `low` itself is not allowed
};

/// Type and limits of a value.
struct ValueType {
  Kind kind;
  Range range = {};
  std::vector<std::string_view> words = {};  ///< of a choice; of a path or a number: words beside it
  bool is_list = false;
  bool increasing = false;    ///< the list's numbers must increase
  bool may_be_empty = false;  ///< the list may be []
  bool weights = false;       ///< a path may also be the name of published weights

  /// "a whole number from 1 to 4096", for messages.
  std::string description() const;
};

/// What the meaning of a value depends on beside its type.
struct ValueContext {
  std::filesystem::path folder;  ///< relative paths start here
  KnownNetworks known = {};      ///< models; none: any
};

/// The value of `node`, or nothing and a problem.
std::optional<Value> parse_value(const ValueType& type, const YamlNode& node, const ValueContext& context,
                                 Problems& problems);

/// A path as it stands in a configuration: ${ written $${, since ${NAME} is an environment variable there.
std::string escape_path(std::string_view path);

/// The same value as YAML on one line; parse_value reads it back.
std::string to_yaml(const Value& value, Kind kind);

}  // namespace mirrortune::config
