#include "weights/detail/unpickler.h"

#include <array>

#include <fmt/format.h>

#include "weights/detail/pickle_opcodes.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kMaxOperations = 2'000'000;
constexpr std::size_t kMaxMarks = 256;
constexpr std::uint8_t kNewestProtocol = 5;

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
    case kByteArray8:
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
      pop();  // a state dict's _metadata, which are the versions of the modules, or an opaque object's state
      if (!values_.is(top(), ValueKind::dict) && !values_.is(top(), ValueKind::opaque))
        refuse("its pickle sets attributes of something that has none");
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
  if (values_.is(target, ValueKind::opaque)) return;
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

}  // namespace mirrortune::detail
