#pragma once

#include <cstdint>
#include <functional>
#include <map>

namespace mirrortune {

/// What a probe found out about trainings side by side.
struct SideBySide {
  int trainings = 1;  ///< the fastest number
  std::map<int, double> images_per_second =
      {};  ///< all together, by number of trainings; empty: not measured
};

/// Tries 1, 2, 4 … `most` trainings side by side, as long as more are faster and the memory that one takes
/// is free for each. `measure(n)` trains n of them for a moment and tells the images per second of all
/// together; if it throws for want of memory, fewer are taken.
SideBySide choose_side_by_side(int most, const std::function<double(int)>& measure);

}  // namespace mirrortune
