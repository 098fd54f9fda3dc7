#include "weights/detail/pickle_values.h"

#include "weights/detail/checks.h"

namespace mirrortune::detail {

ValueId PickleValues::add(PickleValue value) {
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size() - 1);
}

std::string_view PickleValues::text(ValueId id) const {
  const auto& value = values_[id];
  return bytes_.at(static_cast<std::uint64_t>(value.number), value.length);
}

std::optional<std::int64_t> PickleValues::integer(ValueId id) const {
  if (!is(id, ValueKind::integer)) return std::nullopt;
  return values_[id].number;
}

std::optional<std::vector<std::int64_t>> PickleValues::integers(ValueId id) const {
  if (!is(id, ValueKind::tuple) && !is(id, ValueKind::list)) return std::nullopt;
  if (values_[id].items.size() > kMaxRank) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const auto item : values_[id].items) {
    if (!is(item, ValueKind::integer)) return std::nullopt;
    numbers.push_back(values_[item].number);
  }
  return numbers;
}

std::optional<ValueId> PickleValues::find(ValueId dict, std::string_view key) const {
  const auto& items = values_[dict].items;
  std::optional<ValueId> found;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (is(items[i], ValueKind::text) && text(items[i]) == key) found = items[i + 1];
  }
  return found;
}

}  // namespace mirrortune::detail
