#include "weights/detail/pickled_tensors.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "weights/detail/checks.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

/// A view may repeat elements of its storage (stride 0, as expand() makes); beyond this size that is an
/// attack, not a weight.
constexpr std::int64_t kMaxRepeatedBytes = 64 << 20;
constexpr std::size_t kMaxShown = 100;

/// Names of the dicts in a checkpoint, for a hint.
std::string dicts_of(const PickleValues& values, ValueId root) {
  std::vector<std::string> names;
  const auto& items = values[root].items;
  for (std::size_t i = 0; i < items.size() && names.size() < 8; i += 2) {
    if (values.is(items[i], ValueKind::text) && values.is(items[i + 1], ValueKind::dict)) {
      names.push_back("\"" + printable(values.text(items[i]).substr(0, kMaxShown)) + "\"");
    }
  }
  return join(names, ", ");
}

ValueId find_state_dict(const PickleValues& values, ValueId root) {
  constexpr auto kTodo = "Save model.state_dict() with torch.save";
  if (!values.is(root, ValueKind::dict)) refuse("it holds no state dict but another kind of object", kTodo);
  const auto nested = values.find(root, "state_dict");
  if (!nested || values.is(*nested, ValueKind::tensor)) return root;
  if (!values.is(*nested, ValueKind::dict)) refuse("its \"state_dict\" is no dict", kTodo);
  return *nested;
}

[[noreturn]] void refuse_entry(const PickleValues& values, ValueId dict, ValueId key) {
  const std::string dicts = dicts_of(values, dict);
  const std::string name =
      values.is(key, ValueKind::text) ? printable(values.text(key).substr(0, kMaxShown)) : "?";
  refuse(fmt::format("its entry \"{}\" is no tensor, so that this is no state dict", name),
         dicts.empty() ? "Save model.state_dict() with torch.save"
                       : fmt::format("Save the one of {} that holds the weights with torch.save", dicts));
}

/// Does the view stay inside its storage of `elements`? No sum or product here can overflow unseen.
bool fits(const PickledTensor& tensor, std::int64_t elements) {
  if (tensor.offset < 0 || tensor.offset > elements || tensor.shape.size() != tensor.strides.size())
    return false;
  if (std::any_of(tensor.strides.begin(), tensor.strides.end(), [](std::int64_t s) { return s < 0; }))
    return false;
  if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end()) return true;
  std::int64_t last = tensor.offset;
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.shape[d] - 1, tensor.strides[d], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return false;
    }
  }
  return last < elements;
}

bool is_contiguous(const PickledTensor& tensor) {
  if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end()) return true;
  std::int64_t expected = 1;
  for (std::size_t d = tensor.shape.size(); d-- > 0;) {
    if (tensor.shape[d] != 1 && tensor.strides[d] != expected) return false;
    expected *= tensor.shape[d];
  }
  return true;
}

void add_tensor(const PickledTensor& tensor, const PickledStorage& storage, const StoragePlace& where,
                TensorInfo info, FileContents& contents) {
  check_info(info);
  const auto size = static_cast<std::int64_t>(element_bytes(storage.dtype));
  std::int64_t storage_bytes = 0;
  if (storage.elements < 0 || __builtin_mul_overflow(storage.elements, size, &storage_bytes) ||
      static_cast<std::uint64_t>(storage_bytes) != where.bytes) {
    refuse(fmt::format("storage {} should hold {} elements of {}, the file has {} bytes for it",
                       printable(storage.key), storage.elements, torch_name(storage.dtype), where.bytes));
  }
  if (!fits(tensor, storage.elements)) {
    refuse(fmt::format(
        "tensor \"{}\" of shape {}, strides {} and offset {} reaches outside its storage of {} elements",
        info.name, shape_text(info.shape), shape_text(tensor.strides), tensor.offset, storage.elements));
  }
  if (info.elements() > storage.elements && info.bytes() > kMaxRepeatedBytes) {
    refuse(fmt::format("tensor \"{}\" of shape {} repeats a storage of only {} elements", info.name,
                       shape_text(info.shape), storage.elements));
  }
  contents.stored.push_back({.file = 0,
                             .offset = where.offset + static_cast<std::uint64_t>(tensor.offset * size),
                             .strides = tensor.strides,
                             .contiguous = is_contiguous(tensor),
                             .record = where.record});
  contents.tensors.push_back(std::move(info));
}

}  // namespace

void add_tensors(const PickleValues& values, ValueId root,
                 const std::function<StoragePlace(const PickledStorage&)>& place, FileContents& contents) {
  const ValueId dict = find_state_dict(values, root);
  const auto& items = values[dict].items;
  std::vector<std::optional<StoragePlace>> places(values.storages.size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!values.is(items[i], ValueKind::text) || !values.is(items[i + 1], ValueKind::tensor)) {
      refuse_entry(values, dict, items[i]);
    }
    const auto& tensor = values.tensors[static_cast<std::size_t>(values[items[i + 1]].number)];
    const auto& storage = values.storages[tensor.storage];
    const std::string name(values.text(items[i]));
    if (!names.insert(name).second) refuse("it holds the tensor \"" + printable(name) + "\" twice");
    auto& where = places[tensor.storage];
    if (!where) where = place(storage);
    add_tensor(tensor, storage, *where, {.name = name, .dtype = storage.dtype, .shape = tensor.shape},
               contents);
  }
}

}  // namespace mirrortune::detail
