#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "weights/detail/refusal.h"
#include "weights/detail/unpickler.h"

// The part of the machine that makes globals, storages, dicts and tensors.

namespace mirrortune::detail {
namespace {

constexpr std::size_t kMaxKey = 256;    // bytes of a storage's key
constexpr std::size_t kMaxShown = 100;  // bytes of a foreign name in a message

struct GlobalRow {
  std::string_view module, name;
  PickleGlobal global;
  DType dtype = {};
};

constexpr std::array kGlobals = {
    GlobalRow{"collections", "OrderedDict", PickleGlobal::ordered_dict},
    GlobalRow{"torch._utils", "_rebuild_tensor_v2", PickleGlobal::rebuild_tensor},
    GlobalRow{"torch._utils", "_rebuild_parameter", PickleGlobal::rebuild_parameter},
    GlobalRow{"torch", "Size", PickleGlobal::size},
    GlobalRow{"torch", "DoubleStorage", PickleGlobal::storage_type, DType::float64},
    GlobalRow{"torch", "FloatStorage", PickleGlobal::storage_type, DType::float32},
    GlobalRow{"torch", "HalfStorage", PickleGlobal::storage_type, DType::float16},
    GlobalRow{"torch", "BFloat16Storage", PickleGlobal::storage_type, DType::bfloat16},
    GlobalRow{"torch", "LongStorage", PickleGlobal::storage_type, DType::int64},
    GlobalRow{"torch", "IntStorage", PickleGlobal::storage_type, DType::int32},
    GlobalRow{"torch", "ShortStorage", PickleGlobal::storage_type, DType::int16},
    GlobalRow{"torch", "CharStorage", PickleGlobal::storage_type, DType::int8},
    GlobalRow{"torch", "ByteStorage", PickleGlobal::storage_type, DType::uint8},
    GlobalRow{"torch", "BoolStorage", PickleGlobal::storage_type, DType::boolean},
};

}  // namespace

void Unpickler::push_global(std::string_view module, std::string_view name) {
  const auto found = std::find_if(kGlobals.begin(), kGlobals.end(), [&](const GlobalRow& row) {
    return row.module == module && row.name == name;
  });
  if (found == kGlobals.end()) {
    refuse(fmt::format("its pickle names {}.{}, which is no part of a state dict; nothing of it was executed",
                       printable(module.substr(0, kMaxShown)), printable(name.substr(0, kMaxShown))),
           "If you trust the file, load it in Python and save only model.state_dict() with torch.save");
  }
  push({.kind = ValueKind::global, .global = found->global, .dtype = found->dtype});
}

/// ('storage', type, key, location, elements), in legacy files with None, or a view that nobody wrote since
/// 0.4, behind it.
void Unpickler::push_storage(ValueId persistent_id) {
  const std::vector<ValueId> parts =
      values_.is(persistent_id, ValueKind::tuple) ? values_[persistent_id].items : std::vector<ValueId>{};
  const bool legacy_none = parts.size() == 6 && values_.is(parts[5], ValueKind::none);
  const auto is = [&](std::size_t part, ValueKind kind) { return values_.is(parts[part], kind); };
  const bool right = (parts.size() == 5 || legacy_none) && is(0, ValueKind::text) &&
                     values_.text(parts[0]) == "storage" && is(1, ValueKind::global) &&
                     values_[parts[1]].global == PickleGlobal::storage_type && is(2, ValueKind::text) &&
                     values_[parts[2]].length <= kMaxKey && is(4, ValueKind::integer);
  if (!right) {
    refuse(
        "its pickle refers to an object that is no storage: a whole module was saved, or a form of old "
        "PyTorch",
        "Load it in Python and save only model.state_dict() with torch.save");
  }
  const PickledStorage storage{.key = std::string(values_.text(parts[2])),
                               .dtype = values_[parts[1]].dtype,
                               .elements = values_[parts[4]].number};
  const auto [place, is_new] = storage_of_key_.emplace(storage.key, values_.storages.size());
  if (is_new) {
    values_.storages.push_back(storage);
  } else if (const auto& known = values_.storages[place->second];
             known.dtype != storage.dtype || known.elements != storage.elements) {
    refuse("its pickle gives two types or sizes to storage " + printable(storage.key));
  }
  push({.kind = ValueKind::storage, .number = static_cast<std::int64_t>(place->second)});
}

void Unpickler::call() {
  const ValueId argument_tuple = pop();
  const ValueId callable = pop();
  if (!values_.is(callable, ValueKind::global) || !values_.is(argument_tuple, ValueKind::tuple)) {
    refuse("its pickle calls something that cannot be called");
  }
  const std::vector<ValueId> arguments = values_[argument_tuple].items;
  switch (values_[callable].global) {
    case PickleGlobal::ordered_dict:
      return call_ordered_dict(arguments);
    case PickleGlobal::rebuild_tensor:
      return call_rebuild_tensor(arguments);
    case PickleGlobal::rebuild_parameter:
      if (arguments.size() != 3 || !values_.is(arguments[0], ValueKind::tensor)) {
        refuse("its pickle makes a parameter of something that is no tensor");
      }
      return push(arguments[0]);
    case PickleGlobal::size:
      if (arguments.size() != 1 || !values_.integers(arguments[0]))
        refuse("its pickle has a wrong torch.Size");
      return push(arguments[0]);
    case PickleGlobal::storage_type:
      refuse("its pickle calls a storage type");
  }
}

/// OrderedDict(), or OrderedDict([[key, value], …]) as Python 2 wrote it.
void Unpickler::call_ordered_dict(const std::vector<ValueId>& arguments) {
  std::vector<ValueId> items;
  if (arguments.size() > 1 || (arguments.size() == 1 && !values_.is(arguments[0], ValueKind::list))) {
    refuse("its pickle makes an OrderedDict of something that is no list of pairs");
  }
  if (arguments.size() == 1) {
    spend(values_[arguments[0]].items.size());
    for (const ValueId pair : values_[arguments[0]].items) {
      const bool sequence = values_.is(pair, ValueKind::list) || values_.is(pair, ValueKind::tuple);
      if (!sequence || values_[pair].items.size() != 2) {
        refuse("its pickle makes an OrderedDict of something that is no list of pairs");
      }
      items.insert(items.end(), values_[pair].items.begin(), values_[pair].items.end());
    }
  }
  push_sequence(ValueKind::dict, std::move(items));
}

/// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks[, metadata])
void Unpickler::call_rebuild_tensor(const std::vector<ValueId>& arguments) {
  const bool storage =
      (arguments.size() == 6 || arguments.size() == 7) && values_.is(arguments[0], ValueKind::storage);
  const auto offset = storage ? values_.integer(arguments[1]) : std::nullopt;
  const auto shape = storage ? values_.integers(arguments[2]) : std::nullopt;
  const auto strides = storage ? values_.integers(arguments[3]) : std::nullopt;
  if (!offset || !shape || !strides) refuse("its pickle describes a tensor in a way that PyTorch does not");
  values_.tensors.push_back({.storage = static_cast<std::size_t>(values_[arguments[0]].number),
                             .offset = *offset,
                             .shape = *shape,
                             .strides = *strides});
  push({.kind = ValueKind::tensor, .number = static_cast<std::int64_t>(values_.tensors.size() - 1)});
}

}  // namespace mirrortune::detail
