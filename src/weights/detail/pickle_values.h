#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weights/detail/pickle_bytes.h"
#include "weights/dtype.h"

namespace mirrortune::detail {

/// Place of a value in PickleValues; values refer to each other by it, so that no depth of nesting and no
/// cycle costs anything.
using ValueId = std::uint32_t;

/// `opaque` is what we need to know nothing of: bytes, and integers of more than 64 bits.
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

/// The callables that a pickle may name.
enum class PickleGlobal : std::uint8_t {
  ordered_dict,
  rebuild_tensor,
  rebuild_parameter,
  size,
  storage_type
};

struct PickleValue {
  ValueKind kind = ValueKind::none;
  PickleGlobal global = {};  ///< of a global
  DType dtype = {};          ///< of a global that is a storage type
  std::int64_t number = 0;   ///< integer or boolean; of storage and tensor, its place in the lists below; of
                             ///< text and opaque, its offset
  std::uint64_t length = 0;  ///< of text and opaque
  std::vector<ValueId> items = {};  ///< of tuple and list; of a dict key, value, key, value, …
};

/// A storage that the pickle speaks of: its bytes lie elsewhere in the file under `key`.
struct PickledStorage {
  std::string key;
  DType dtype;
  std::int64_t elements;
};

/// A view of a storage, as the pickle says; nothing is checked but that these are integers.
struct PickledTensor {
  std::size_t storage;
  std::int64_t offset;  ///< of its first element
  std::vector<std::int64_t> shape, strides;
};

/// The values of a pickle.
class PickleValues {
 public:
  explicit PickleValues(PickleBytes& bytes) : bytes_(bytes) {}

  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;

  ValueId add(PickleValue value);
  PickleValue& operator[](ValueId id) { return values_[id]; }
  const PickleValue& operator[](ValueId id) const { return values_[id]; }

  bool is(ValueId id, ValueKind kind) const { return values_[id].kind == kind; }
  /// Of text and opaque; valid until the bytes are read further.
  std::string_view text(ValueId id) const;
  std::optional<std::int64_t> integer(ValueId id) const;
  /// The integers of a tuple or list; nothing if it is none, holds anything else, or more than kMaxRank of
  /// them.
  std::optional<std::vector<std::int64_t>> integers(ValueId id) const;
  /// The value of the last such key of a dict.
  std::optional<ValueId> find(ValueId dict, std::string_view key) const;

 private:
  PickleBytes& bytes_;
  std::vector<PickleValue> values_;
};

}  // namespace mirrortune::detail
