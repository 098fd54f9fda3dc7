#include <fmt/format.h>

#include "base/text.h"
#include "weights/detail/refusal.h"
#include "weights/detail/unpickler.h"

// The part of the machine that makes globals, storages, dicts and tensors.

namespace mirrortune::detail {
namespace {

constexpr std::size_t kMaxKey = 256;    // bytes of a storage's key
constexpr std::size_t kMaxShown = 100;  // bytes of a foreign name in a message

}  // namespace

void Unpickler::push_global(std::string_view module, std::string_view name) {
  const auto found = find_global(module, name);
  if (!found) {
    refuse(fmt::format("its pickle names {}.{}, which is no part of a state dict; nothing of it was executed",
                       printable(module.substr(0, kMaxShown)), printable(name.substr(0, kMaxShown))),
           "If you trust the file, load it in Python and save only model.state_dict() with torch.save");
  }
  push({.kind = ValueKind::global, .global = *found});
}

/// ('storage', type, key, location, elements), in legacy files with None, or a view that nobody wrote since
/// 0.4, behind it.
void Unpickler::push_storage(ValueId persistent_id) {
  const std::vector<ValueId> parts =
      values_.is(persistent_id, ValueKind::tuple) ? values_[persistent_id].items : std::vector<ValueId>{};
  const bool legacy_none = parts.size() == 6 && values_.is(parts[5], ValueKind::none);
  const auto is = [&](std::size_t part, ValueKind kind) { return values_.is(parts[part], kind); };
  const bool right =
      (parts.size() == 5 || legacy_none) && is(0, ValueKind::text) && values_.text(parts[0]) == "storage" &&
      is(1, ValueKind::global) && values_[parts[1]].global.global == PickleGlobal::storage_type &&
      is(2, ValueKind::text) && values_[parts[2]].length <= kMaxKey && is(4, ValueKind::integer);
  if (!right) {
    refuse(
        "its pickle refers to an object that is no storage: a whole module was saved, or a form of old "
        "PyTorch",
        "Load it in Python and save only model.state_dict() with torch.save");
  }
  const PickledStorage storage{.key = std::string(values_.text(parts[2])),
                               .type = values_[parts[1]].global.type,
                               .elements = values_[parts[4]].number};
  const auto [place, is_new] = storage_of_key_.emplace(storage.key, values_.storages.size());
  if (is_new) {
    values_.storages.push_back(storage);
  } else if (const auto& known = values_.storages[place->second];
             known.type != storage.type || known.elements != storage.elements) {
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
  const auto& arguments = values_[argument_tuple].items;  // stays valid: values never move
  call_global(values_[callable].global.global, arguments);
}

void Unpickler::call_global(PickleGlobal global, const std::vector<ValueId>& arguments) {
  switch (global) {
    case PickleGlobal::ordered_dict:
      return call_ordered_dict(arguments);
    case PickleGlobal::rebuild_tensor:
      return call_rebuild_tensor(arguments);
    case PickleGlobal::rebuild_parameter:  // (tensor, requires_grad, hooks[, attributes])
      if (arguments.size() < 3 || arguments.size() > 4 ||
          !(values_.is(arguments[0], ValueKind::tensor) || values_.is(arguments[0], ValueKind::opaque))) {
        refuse("its pickle makes a parameter of something that is no tensor");
      }
      return push(arguments[0]);
    case PickleGlobal::rebuild_from_type:
      return call_rebuild_from_type(arguments);
    case PickleGlobal::size:
      if (arguments.size() != 1 || !values_.integers(arguments[0]))
        refuse("its pickle has a wrong torch.Size");
      return push(arguments[0]);
    case PickleGlobal::inert:
      return push({.kind = ValueKind::opaque});
    case PickleGlobal::storage_type:
    case PickleGlobal::element_type:
      refuse("its pickle calls a storage or element type");
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

/// _rebuild_tensor(storage, offset, shape, strides), in v2 with (…, requires_grad, hooks[, metadata]) behind
/// it, in v3 with (…, requires_grad, hooks, element type[, metadata]) and a storage of untyped bytes.
void Unpickler::call_rebuild_tensor(const std::vector<ValueId>& arguments) {
  const bool known_length = arguments.size() == 4 || (arguments.size() >= 6 && arguments.size() <= 8);
  const bool storage = known_length && values_.is(arguments[0], ValueKind::storage);
  const auto offset = storage ? values_.integer(arguments[1]) : std::nullopt;
  const auto shape = storage ? values_.integers(arguments[2]) : std::nullopt;
  const auto strides = storage ? values_.integers(arguments[3]) : std::nullopt;
  if (!offset || !shape || !strides) refuse("its pickle describes a tensor in a way that PyTorch does not");
  const auto place = static_cast<std::size_t>(values_[arguments[0]].number);
  const PickledType* type = values_.storages[place].type;
  if (arguments.size() >= 7 && values_.is(arguments[6], ValueKind::global) &&
      values_[arguments[6]].global.global == PickleGlobal::element_type) {
    type = values_[arguments[6]].global.type;
  }
  values_.tensors.push_back(
      {.storage = place, .type = type, .offset = *offset, .shape = *shape, .strides = *strides});
  push({.kind = ValueKind::tensor, .number = static_cast<std::int64_t>(values_.tensors.size() - 1)});
}

/// _rebuild_from_type_v2(function, class, arguments, attributes): what the function makes, the attributes
/// dropped.
void Unpickler::call_rebuild_from_type(const std::vector<ValueId>& arguments) {
  const bool right = arguments.size() == 4 && values_.is(arguments[0], ValueKind::global) &&
                     values_.is(arguments[2], ValueKind::tuple);
  const auto function = right ? values_[arguments[0]].global.global : PickleGlobal::inert;
  if (function != PickleGlobal::rebuild_tensor && function != PickleGlobal::rebuild_parameter) {
    refuse("its pickle describes a tensor in a way that PyTorch does not");
  }
  call_global(function, values_[arguments[2]].items);
}

}  // namespace mirrortune::detail
