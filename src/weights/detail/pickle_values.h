#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weights/detail/pickle_bytes.h"
#include "weights/detail/pickle_globals.h"

namespace mirrortune::detail {

/// Place of a value in PickleValues; values refer to each other by it, so that no depth of nesting and no
/// cycle costs anything.
using ValueId = std::uint32_t;

/// `opaque` is what we need to know nothing of: bytes, integers of more than 64 bits, and the objects of
/// inert globals.
enum class ValueKind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  text,
  opaque,
  tuple,
  list,
  dict,
  global,
  storage,
  tensor
};

struct PickleValue {
  ValueKind kind = ValueKind::none;
  NamedGlobal global = {};   ///< of a global
  std::int64_t number = 0;   ///< integer or boolean; of storage and tensor, its place in the lists below; of
                             ///< text, its offset
  std::uint64_t length = 0;  ///< of text
  std::vector<ValueId> items = {};  ///< of tuple and list; of a dict key, value, key, value, …
};

/// A storage that the pickle speaks of: its bytes lie elsewhere in the file under `key`.
struct PickledStorage {
  std::string key;
  const PickledType* type;
  std::int64_t elements;
};

/// A view of a storage, as the pickle says; nothing is checked but that these are integers.
struct PickledTensor {
  std::size_t storage;
  const PickledType* type;  ///< the storage's, or another one of a storage of untyped bytes
  std::int64_t offset;      ///< of its first element
  std::vector<std::int64_t> shape, strides;
};

/// The values of a pickle.
class PickleValues {
 public:
  explicit PickleValues(PickleBytes& bytes) : bytes_(bytes) {}

  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;

  /// References to values stay valid.
  ValueId add(PickleValue value);
  PickleValue& operator[](ValueId id) { return values_[id]; }
  const PickleValue& operator[](ValueId id) const { return values_[id]; }

  bool is(ValueId id, ValueKind kind) const { return values_[id].kind == kind; }
  /// Of text; valid until the bytes are read further.
  std::string_view text(ValueId id) const;
  std::optional<std::int64_t> integer(ValueId id) const;
  /// The integers of a tuple or list; nothing if it is none, holds anything else, or more than kMaxRank of
  /// them.
  std::optional<std::vector<std::int64_t>> integers(ValueId id) const;
  /// The value of the last such key of a dict.
  std::optional<ValueId> find(ValueId dict, std::string_view key) const;

 private:
  PickleBytes& bytes_;
  std::deque<PickleValue> values_;  ///< in pieces: millions of values need no single large allocation
};

}  // namespace mirrortune::detail
