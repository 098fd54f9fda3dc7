#include "geometry/pairs.h"

namespace mirrortune {

void Pairs::add(const Pairs& other, std::size_t place) {
  before.push_back(other.before[place]);
  after.push_back(other.after[place]);
  if (!other.groups.empty()) groups.push_back(other.groups[place]);
}

}  // namespace mirrortune
