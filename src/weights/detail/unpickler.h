#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "weights/detail/pickle_values.h"

namespace mirrortune::detail {

/// A pickle machine for the opcodes of protocols 2 to 5 that knows the globals of pickle_globals.h and
/// persistent ids of storages. Objects of inert globals become opaque values: whatever is put into them is
/// dropped. Any other global is refused by its name. Nothing is ever called or imported; memory is bounded by
/// the number of operations, at most two million.
class Unpickler {
 public:
  Unpickler(PickleBytes& bytes, PickleValues& values) : bytes_(bytes), values_(values) {}

  /// Reads one pickle, up to its STOP. Throws Refusal.
  ValueId load();

 private:
  void spend(std::uint64_t operations);
  bool push_constant(std::uint8_t opcode);
  bool push_number(std::uint8_t opcode);
  bool push_text(std::uint8_t opcode);
  bool build_container(std::uint8_t opcode);
  bool fill_container(std::uint8_t opcode);
  bool move_on_stack(std::uint8_t opcode);
  bool use_memo(std::uint8_t opcode);
  bool make_object(std::uint8_t opcode);

  void push(ValueId value) { stack_.push_back(value); }
  void push(PickleValue value) { push(values_.add(std::move(value))); }
  void push_piece(ValueKind kind, std::uint64_t length);
  void push_integer(std::uint64_t length);
  void push_sequence(ValueKind kind, std::vector<ValueId> items);
  ValueId pop();
  ValueId top();
  std::vector<ValueId> pop_to_mark();
  void append(ValueId target, ValueKind kind, std::span<const ValueId> items);
  void remember(std::uint64_t key);
  void recall(std::uint64_t key);

  void push_global(std::string_view module, std::string_view name);
  void push_storage(ValueId persistent_id);
  void call();
  void call_global(PickleGlobal global, const std::vector<ValueId>& arguments);
  void call_ordered_dict(const std::vector<ValueId>& arguments);
  void call_rebuild_tensor(const std::vector<ValueId>& arguments);
  void call_rebuild_from_type(const std::vector<ValueId>& arguments);

  PickleBytes& bytes_;
  PickleValues& values_;
  std::vector<ValueId> stack_;
  std::vector<std::size_t> marks_;  ///< heights of the stack
  std::unordered_map<std::uint64_t, ValueId> memo_;
  std::unordered_map<std::string, std::size_t> storage_of_key_;
  std::uint64_t operations_ = 0;
};

}  // namespace mirrortune::detail
