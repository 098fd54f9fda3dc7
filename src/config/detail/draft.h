#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/detail/schema.h"

namespace mirrortune::config {

/// What the configuration says for one key: a value, or values by model or potential.
struct Given {
  std::optional<Value> value;
  std::vector<std::pair<std::string, Value>> by;
  Place place;
};

/// One axis of the grid beside model and potential.
struct Axis {
  const Key* key;
  std::vector<Value> values;
  Place place;
};

/// A configuration whose values are checked one by one, not yet combined to cells.
struct Draft {
  std::map<std::string_view, Given> given;  ///< by the key's name
  std::vector<Axis> axes;
  std::filesystem::path folder;  ///< of the file: relative paths start here
  KnownNetworks known;

  bool has(std::string_view key) const { return given.contains(key); }
  bool is_axis(std::string_view key) const;
  /// True if the key's alternative is set, so that it has no effect: lr.search beside lr.fixed.
  bool is_replaced(std::string_view key) const;
  /// The key's value where it is neither an axis nor a map, or its default; nothing if it has none, or one
  /// that differs from cell to cell.
  std::optional<Value> plain_value(const Key& key) const;
  /// The key's default in a cell of this kind of optimiser.
  std::optional<Value> fallback(const Key& key, const std::string& optimizer_kind) const;
  /// Whether the key is for any of the grid's networks.
  bool fits_grid(const Key& key) const;
  /// Where the key stands, or the start of the file.
  Place place(std::string_view key, const std::string& file) const;
};

/// Replaces in the document what each `key=value` says. A form that excludes the new one (lr.fixed,
/// lr.search) is taken out of the file's part.
void apply_overrides(YamlNode& document, std::span<const std::string> overrides, Problems& problems);

/// Takes `presets` out of the document, and puts what the chosen one says (none if it is empty) at its dotted
/// keys.
void apply_preset(YamlNode& document, const std::string& preset, Problems& problems);

/// `name` and `output.root` that stand for a run directory (empty: none), in place of the document's.
void apply_run_directory(YamlNode& document, const std::filesystem::path& folder, Problems& problems);

/// Puts `value` at a dotted key of the document, in place of what stands there.
void set_key(YamlNode& document, std::string_view key, YamlNode value);

/// Checks every key and value of the document by the schema.
Draft check_document(const YamlNode& document, const std::string& file, const ValueContext& context,
                     Problems& problems);

}  // namespace mirrortune::config
