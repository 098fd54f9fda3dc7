#include "geometry/pairs.h"

namespace mirrortune {

void Pairs::add(const Pairs& other, std::size_t place) {
  before.push_back(other.before[place]);
  after.push_back(other.after[place]);
  if (!other.groups.empty()) groups.push_back(other.groups[place]);
  if (other.se_before.empty()) return;
  se_before.push_back(other.se_before[place]);
  se_after.push_back(other.se_after[place]);
}

Pairs seen_pairs(const Pairs& pairs, const std::optional<double>& limit) {
  if (!limit) return pairs;
  const auto is_seen = [&](double size) { return size == 0 || size >= *limit; };
  Pairs seen;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (is_seen(pairs.before[i]) && is_seen(pairs.after[i])) seen.add(pairs, i);
  }
  return seen;
}

}  // namespace mirrortune
