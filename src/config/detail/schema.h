#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/detail/value.h"
#include "config/load.h"
#include "experiment/options.h"

namespace mirrortune::config {

/// Kinds of networks by what they are trained on, to be combined: a key may be for some of them only.
enum NetworkKinds : unsigned {
  kImageClassifiers = 1,
  kEncoders = 2,
  kRowClassifiers = 4,
  kClassifiers = kImageClassifiers | kRowClassifiers,
  kAnyNetworks = kClassifiers | kEncoders,
};
/// That of one network.
NetworkKinds kind_of(std::string_view network, const KnownNetworks& known);
/// "a classifier", "an encoder".
std::string_view to_text(NetworkKinds kinds);

/// By what a key may be given as a map.
enum class MapBy { nothing, model, potential };

/// One key of the configuration. Everything that is known of it stands here: checks, defaults, `config show`,
/// the identity of a trial and the spelling suggestions all come from this table.
struct Key {
  std::string_view name;  ///< dotted: "train.epochs"
  ValueType type;
  std::optional<std::string_view> fallback = {};  ///< the default as YAML; nothing: the key may be absent
  std::string_view help;
  bool required = false;
  MapBy map_by = MapBy::nothing;
  /// Puts the value into one cell's options. Such keys may be axes of the grid.
  void (*set_cell)(CellOptions&, const Key&, const Value&) = nullptr;
  /// Puts the value into the experiment's options. A key has at most one of the two.
  void (*set_experiment)(ExperimentOptions&, const Key&, const Value&) = nullptr;
  bool identity = true;  ///< a cell's key can change what a trial writes: it is part of the trial's identity
  std::string_view adamw_fallback = "";  ///< the default under `optimizer.kind: adamw`; "": the same
  /// It has no effect on other networks: is no part of their identity, and an error without any of these.
  NetworkKinds networks = kAnyNetworks;

  std::string_view section() const;  ///< "data.subset" of "data.subset.count"; "" of a key at the top
  std::string_view leaf() const;
};

/// Every key, in the order of a resolved configuration.
const std::vector<Key>& schema();
const Key* find_key(std::string_view name);
/// The key whose value chooses the defaults of others.
inline constexpr std::string_view kOptimizerKind = "optimizer.kind";
/// True for "data", "data.subset", "grid" …: names of maps that hold keys.
bool is_section(std::string_view name);

/// Keys of `alternatives()[i].first` and `.second` cannot stand together: either form replaces the other.
struct Alternative {
  std::string_view one;
  std::vector<std::string_view> others;
};
const std::vector<Alternative>& alternatives();

/// "; did you mean 'x'?" for an unknown key, or nothing; and the keys that its section has.
std::string suggest_key(std::string_view unknown);

}  // namespace mirrortune::config
