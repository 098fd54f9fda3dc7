#include "experiment/detail/side_by_side.h"

#include <algorithm>
#include <fstream>
#include <new>
#include <string>

#include <c10/util/Exception.h>

namespace mirrortune {
namespace {

/// A line of /proc, "MemAvailable:  123 kB", in bytes; 0 where there is none.
double bytes_of(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string word; lines >> word;) {
    double kilobytes = 0;
    if (word == name && lines >> kilobytes) return 1024 * kilobytes;
  }
  return 0;
}

/// Is a part of the free memory left, if so many trainings more take as much as one?
bool has_room(int more, double bytes_of_one) {
  const double free = bytes_of("/proc/meminfo", "MemAvailable:");
  return free == 0 || more * bytes_of_one < 0.8 * free;
}

}  // namespace

SideBySide choose_side_by_side(int most, const std::function<double(int)>& measure) {
  SideBySide chosen;
  if (most < 2) return chosen;
  const double before = bytes_of("/proc/self/status", "VmRSS:");
  double best = chosen.images_per_second[1] = measure(1);
  const double bytes_of_one = std::max(bytes_of("/proc/self/status", "VmRSS:") - before, 0.0);
  for (int n = 2; chosen.trainings < most && has_room(n - 1, bytes_of_one); n = std::min(2 * n, most)) {
    double rate = 0;
    try {
      rate = measure(n);
    } catch (const c10::OutOfMemoryError&) {
      break;
    } catch (const std::bad_alloc&) {
      break;
    }
    chosen.images_per_second[n] = rate;
    if (rate <= best) break;
    best = rate;
    chosen.trainings = n;
  }
  return chosen;
}

}  // namespace mirrortune
