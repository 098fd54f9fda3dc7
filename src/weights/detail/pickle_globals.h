#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weights/dtype.h"

namespace mirrortune::detail {

/// An element type that a pickle names, under PyTorch's name; `dtype` is empty for one that we do not read.
struct PickledType {
  std::string_view name;
  std::uint64_t bytes;  ///< of one element
  std::optional<DType> dtype;
};

/// What a pickle may name.
enum class PickleGlobal : std::uint8_t {
  ordered_dict,
  rebuild_tensor,
  rebuild_parameter,
  rebuild_from_type,  ///< a tensor that carries attributes
  size,
  storage_type,
  element_type,
  inert,  ///< a class or function whose values stand beside the weights and are skipped
};

struct NamedGlobal {
  PickleGlobal global;
  const PickledType* type = nullptr;  ///< of a storage or element type; has the life of the program
};

/// The global of this module and name; nothing if no weights file may name it. The table holds what makes up
/// a state dict, and what training scripts commonly save beside one: argparse.Namespace, numpy's scalars and
/// arrays, sets, paths, dates. Being in it gives a name no power: nothing is ever imported or called.
std::optional<NamedGlobal> find_global(std::string_view module, std::string_view name);

}  // namespace mirrortune::detail
