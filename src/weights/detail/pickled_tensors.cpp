#include "weights/detail/pickled_tensors.h"

#include <algorithm>
#include <array>
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
constexpr std::size_t kMaxShown = 100;  // bytes of a key in a message
constexpr std::size_t kMaxNames = 8;    // keys in a message

constexpr auto kSaveStateDict = "Save model.state_dict() with torch.save";

/// Under these names training scripts save the weights beside other things; "state_dict" comes before all.
constexpr std::array<std::string_view, 10> kModelKeys = {
    "model", "model_state_dict", "model_state", "model_weights", "module",
    "net",   "net_state_dict",   "network",     "params",        "weights"};

std::string shown(const PickleValues& values, ValueId key) {
  return "\"" + printable(values.text(key).substr(0, kMaxShown)) + "\"";
}

/// Do all keys of the dict name tensors? So they do in an empty one.
bool is_state_dict(const PickleValues& values, ValueId dict) {
  const auto& items = values[dict].items;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!values.is(items[i], ValueKind::text) || !values.is(items[i + 1], ValueKind::tensor)) return false;
  }
  return true;
}

/// Keys of the dicts in a checkpoint; `only_weights`: of those that hold tensors and nothing else.
std::vector<ValueId> keys_of_dicts(const PickleValues& values, ValueId root, bool only_weights) {
  std::vector<ValueId> keys;
  const auto& items = values[root].items;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!values.is(items[i], ValueKind::text) || !values.is(items[i + 1], ValueKind::dict)) continue;
    const bool weights = !values[items[i + 1]].items.empty() && is_state_dict(values, items[i + 1]);
    if (weights || !only_weights) keys.push_back(items[i]);
  }
  return keys;
}

std::string list_of(const PickleValues& values, const std::vector<ValueId>& keys) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(keys.size(), kMaxNames); ++i) names.push_back(shown(values, keys[i]));
  return join(names, ", ");
}

/// `dict` holds something that is no tensor.
[[noreturn]] void refuse_entry(const PickleValues& values, ValueId dict, ValueId key) {
  auto dicts = keys_of_dicts(values, dict, /*only_weights=*/true);
  if (dicts.empty()) dicts = keys_of_dicts(values, dict, /*only_weights=*/false);
  refuse(fmt::format("its entry {} is no tensor, so that this is no state dict",
                     values.is(key, ValueKind::text) ? shown(values, key) : "\"?\""),
         dicts.empty() ? kSaveStateDict
                       : fmt::format("Save the one of {} that holds the weights with torch.save",
                                     list_of(values, dicts)));
}

/// The state dict in a checkpoint, and the key under which it stands; "" if it is the whole.
struct FoundDict {
  ValueId dict;
  std::string key;
};

FoundDict find_state_dict(const PickleValues& values, ValueId root) {
  if (!values.is(root, ValueKind::dict)) {
    refuse("it holds no state dict but another kind of object", kSaveStateDict);
  }
  if (const auto nested = values.find(root, "state_dict"); nested && !values.is(*nested, ValueKind::tensor)) {
    if (!values.is(*nested, ValueKind::dict)) refuse("its \"state_dict\" is no dict", kSaveStateDict);
    return {*nested, "state_dict"};
  }
  if (is_state_dict(values, root)) return {root, ""};
  const auto candidates = keys_of_dicts(values, root, /*only_weights=*/true);
  if (candidates.size() > 1) {
    refuse("it holds several state dicts: " + list_of(values, candidates),
           "Save the one that you mean alone: torch.save(torch.load(FILE)[KEY], NEW)");
  }
  const std::string key(candidates.empty() ? "" : values.text(candidates.front()));
  if (std::find(kModelKeys.begin(), kModelKeys.end(), key) == kModelKeys.end()) return {root, ""};
  return {*values.find(root, key), key};
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
  const auto size = static_cast<std::int64_t>(tensor.type->bytes);
  std::int64_t storage_bytes = 0;
  if (storage.elements < 0 ||
      __builtin_mul_overflow(storage.elements, static_cast<std::int64_t>(storage.type->bytes),
                             &storage_bytes) ||
      static_cast<std::uint64_t>(storage_bytes) != where.bytes) {
    refuse(fmt::format("storage {} should hold {} elements of {}, the file has {} bytes for it",
                       printable(storage.key), storage.elements, storage.type->name, where.bytes));
  }
  const std::int64_t elements = storage_bytes / size;
  if (!fits(tensor, elements)) {
    refuse(fmt::format(
        "tensor \"{}\" of shape {}, strides {} and offset {} reaches outside its storage of {} elements",
        info.name, shape_text(info.shape), shape_text(tensor.strides), tensor.offset, elements));
  }
  if (info.elements() > elements && info.bytes() > kMaxRepeatedBytes) {
    refuse(fmt::format("tensor \"{}\" of shape {} repeats a storage of only {} elements", info.name,
                       shape_text(info.shape), elements));
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
  auto found = find_state_dict(values, root);
  contents.section = std::move(found.key);
  const auto& items = values[found.dict].items;
  std::vector<std::optional<StoragePlace>> places(values.storages.size());
  std::set<std::string> names;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!values.is(items[i], ValueKind::text) || !values.is(items[i + 1], ValueKind::tensor)) {
      refuse_entry(values, found.dict, items[i]);
    }
    const auto& tensor = values.tensors[static_cast<std::size_t>(values[items[i + 1]].number)];
    const auto& storage = values.storages[tensor.storage];
    const std::string name(values.text(items[i]));
    if (!names.insert(name).second) refuse("it holds the tensor \"" + printable(name) + "\" twice");
    if (!tensor.type->dtype) {
      refuse(fmt::format("tensor {} has the type {}, which is not read", shown(values, items[i]),
                         tensor.type->name),
             "Convert it to a float type in Python and write it again with torch.save");
    }
    auto& where = places[tensor.storage];
    if (!where) where = place(storage);
    add_tensor(tensor, storage, *where, {.name = name, .dtype = *tensor.type->dtype, .shape = tensor.shape},
               contents);
  }
}

}  // namespace mirrortune::detail
