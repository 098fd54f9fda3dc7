#include "weights/detail/unpickler.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kMaxOperations = 2'000'000;
constexpr std::size_t kMaxKey = 256;    // bytes of a storage's key
constexpr std::size_t kMaxShown = 100;  // bytes of a foreign name in a message
constexpr std::size_t kMaxMarks = 256;
constexpr std::uint8_t kNewestProtocol = 5;  // nothing that it adds is accepted

/// Opcodes by their names in Python's pickletools.
enum Opcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kDict = 'd',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kList = 'l',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyTuple = ')',
  kEmptyList = ']',
  kEmptyDict = '}',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kLong4 = 0x8b,
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes8 = 0x8e,
  kEmptySet = 0x8f,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

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

ValueId Unpickler::load() {
  while (true) {
    spend(1);
    const std::uint8_t opcode = bytes_.byte();
    if (opcode == kStop) break;
    if (!(push_constant(opcode) || push_number(opcode) || push_text(opcode) || build_container(opcode) ||
          fill_container(opcode) || move_on_stack(opcode) || use_memo(opcode) || make_object(opcode))) {
      refuse(fmt::format("its pickle has the operation 0x{:02x} at byte {}, which no state dict needs",
                         opcode, bytes_.position() - 1));
    }
  }
  const ValueId result = pop();
  if (!stack_.empty() || !marks_.empty()) refuse("its pickle leaves values behind");
  memo_.clear();
  return result;
}

void Unpickler::spend(std::uint64_t operations) {
  operations_ += operations;
  if (operations_ > kMaxOperations)
    refuse("its pickle has more than two million operations: it is no state dict");
}

bool Unpickler::push_constant(std::uint8_t opcode) {
  switch (opcode) {
    case kProto:
      if (bytes_.byte() > kNewestProtocol) refuse("its pickle has an unknown protocol");
      return true;
    case kFrame:
      if (bytes_.number(8) > bytes_.remaining()) refuse("its pickle has a frame past its end");
      return true;
    case kNone:
      push({.kind = ValueKind::none});
      return true;
    case kNewTrue:
      push({.kind = ValueKind::boolean, .number = 1});
      return true;
    case kNewFalse:
      push({.kind = ValueKind::boolean, .number = 0});
      return true;
    default:
      return false;
  }
}

bool Unpickler::push_number(std::uint8_t opcode) {
  switch (opcode) {
    case kBinInt:
      push({.kind = ValueKind::integer, .number = static_cast<std::int32_t>(bytes_.number(4))});
      return true;
    case kBinInt1:
      push({.kind = ValueKind::integer, .number = bytes_.byte()});
      return true;
    case kBinInt2:
      push({.kind = ValueKind::integer, .number = static_cast<std::int64_t>(bytes_.number(2))});
      return true;
    case kLong1:
      push_integer(bytes_.byte());
      return true;
    case kLong4:
      push_integer(bytes_.number(4));
      return true;
    case kBinFloat:
      bytes_.take(8);
      push({.kind = ValueKind::real});
      return true;
    default:
      return false;
  }
}

bool Unpickler::push_text(std::uint8_t opcode) {
  switch (opcode) {
    case kShortBinUnicode:
    case kShortBinString:
      push_piece(ValueKind::text, bytes_.byte());
      return true;
    case kBinUnicode:
    case kBinString:
      push_piece(ValueKind::text, bytes_.number(4));
      return true;
    case kBinUnicode8:
      push_piece(ValueKind::text, bytes_.number(8));
      return true;
    case kShortBinBytes:
      push_piece(ValueKind::opaque, bytes_.byte());
      return true;
    case kBinBytes:
      push_piece(ValueKind::opaque, bytes_.number(4));
      return true;
    case kBinBytes8:
      push_piece(ValueKind::opaque, bytes_.number(8));
      return true;
    default:
      return false;
  }
}

bool Unpickler::build_container(std::uint8_t opcode) {
  switch (opcode) {
    case kEmptyTuple:
      push_sequence(ValueKind::tuple, {});
      return true;
    case kEmptyList:
    case kEmptySet:
      push_sequence(ValueKind::list, {});
      return true;
    case kEmptyDict:
      push_sequence(ValueKind::dict, {});
      return true;
    case kTuple:
      push_sequence(ValueKind::tuple, pop_to_mark());
      return true;
    case kList:
    case kFrozenSet:
      push_sequence(ValueKind::list, pop_to_mark());
      return true;
    case kDict: {
      const auto items = pop_to_mark();
      push_sequence(ValueKind::dict, {});
      append(top(), ValueKind::dict, items);
      return true;
    }
    case kTuple1:
    case kTuple2:
    case kTuple3: {
      std::vector<ValueId> items(static_cast<std::size_t>(opcode - kTuple1 + 1));
      for (auto item = items.rbegin(); item != items.rend(); ++item) *item = pop();
      push_sequence(ValueKind::tuple, std::move(items));
      return true;
    }
    default:
      return false;
  }
}

bool Unpickler::fill_container(std::uint8_t opcode) {
  switch (opcode) {
    case kAppend: {
      const std::array items = {pop()};
      append(top(), ValueKind::list, items);
      return true;
    }
    case kSetItem: {
      const ValueId value = pop();
      const std::array items = {pop(), value};
      append(top(), ValueKind::dict, items);
      return true;
    }
    case kAppends:
    case kAddItems:
    case kSetItems: {
      const auto items = pop_to_mark();
      append(top(), opcode == kSetItems ? ValueKind::dict : ValueKind::list, items);
      return true;
    }
    default:
      return false;
  }
}

bool Unpickler::move_on_stack(std::uint8_t opcode) {
  switch (opcode) {
    case kMark:
      if (marks_.size() == kMaxMarks) refuse("its pickle is nested too deep: it is no state dict");
      marks_.push_back(stack_.size());
      return true;
    case kPop:
      pop();
      return true;
    case kPopMark:
      pop_to_mark();
      return true;
    case kDup:
      push(top());
      return true;
    default:
      return false;
  }
}

bool Unpickler::use_memo(std::uint8_t opcode) {
  switch (opcode) {
    case kBinPut:
      remember(bytes_.byte());
      return true;
    case kLongBinPut:
      remember(bytes_.number(4));
      return true;
    case kMemoize:
      remember(memo_.size());
      return true;
    case kBinGet:
      recall(bytes_.byte());
      return true;
    case kLongBinGet:
      recall(bytes_.number(4));
      return true;
    default:
      return false;
  }
}

bool Unpickler::make_object(std::uint8_t opcode) {
  switch (opcode) {
    case kGlobal: {
      const std::string module = bytes_.line();
      push_global(module, bytes_.line());
      return true;
    }
    case kStackGlobal: {
      const ValueId name = pop(), module = pop();
      if (!values_.is(name, ValueKind::text) || !values_.is(module, ValueKind::text)) {
        refuse("its pickle names a global by something that is not text");
      }
      push_global(values_.text(module), values_.text(name));
      return true;
    }
    case kReduce:
    case kNewObj:
      call();
      return true;
    case kBuild: {
      pop();  // attributes of a state dict, its _metadata: the versions of the modules
      if (!values_.is(top(), ValueKind::dict))
        refuse("its pickle sets attributes of something that is no dict");
      return true;
    }
    case kBinPersId:
      push_storage(pop());
      return true;
    default:
      return false;
  }
}

void Unpickler::push_piece(ValueKind kind, std::uint64_t length) {
  const auto offset = static_cast<std::int64_t>(bytes_.position());
  bytes_.take(length);
  push({.kind = kind, .number = offset, .length = length});
}

/// A little-endian two's complement integer of any length; more than 64 bits are opaque.
void Unpickler::push_integer(std::uint64_t length) {
  if (length > 8) return push_piece(ValueKind::opaque, length);
  std::uint64_t value = bytes_.number(length);
  const bool negative = length > 0 && (value >> (8 * length - 1) & 1) != 0;
  if (negative && length < 8) value |= ~std::uint64_t{0} << (8 * length);
  push({.kind = ValueKind::integer, .number = static_cast<std::int64_t>(value)});
}

void Unpickler::push_sequence(ValueKind kind, std::vector<ValueId> items) {
  push({.kind = kind, .items = std::move(items)});
}

ValueId Unpickler::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
    refuse("its pickle takes a value that is not there");
  return stack_.back();
}

ValueId Unpickler::pop() {
  const ValueId value = top();
  stack_.pop_back();
  return value;
}

std::vector<ValueId> Unpickler::pop_to_mark() {
  if (marks_.empty()) refuse("its pickle takes a mark that is not there");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<ValueId> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void Unpickler::append(ValueId target, ValueKind kind, std::span<const ValueId> items) {
  if (!values_.is(target, kind)) refuse("its pickle adds items to something that takes none");
  if (kind == ValueKind::dict && items.size() % 2 != 0) refuse("its pickle has a key without a value");
  auto& held = values_[target].items;
  held.insert(held.end(), items.begin(), items.end());
}

void Unpickler::remember(std::uint64_t key) { memo_[key] = top(); }

void Unpickler::recall(std::uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) refuse("its pickle recalls a value that it never stored");
  push(found->second);
}

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
