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

}  // namespace mirrortune
