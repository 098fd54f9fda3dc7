#include <vector>

#include "base/file.h"
#include "train/event_file.h"

/// Writes the event file that event_file_check.py reads: `make_event_file FILE`.
int main(int argc, char** argv) {
  using namespace mirrortune;
  if (argc != 2) return 2;
  const std::vector<float> weights = {-1, -0.5F, 0.25F, 0.25F, 1e-30F, 3};
  std::vector<Event> events;
  for (int step = 0; step < 3; ++step) {
    events.push_back({.wall_time = 1.7e9 + 0.125 * step,
                      .step = step * 1'000'000'000'000,
                      .values = {{"train/loss", 0.1F * static_cast<float>(step)},
                                 {"poids/φ", -1e-38F},
                                 {"weights/conv1", event_histogram(weights)},
                                 {"weights/none", event_histogram({})},
                                 {"weights/equal", event_histogram(std::vector<float>(3, 2.0F))}}});
  }
  events.push_back({.wall_time = 1.8e9, .step = 3'000'000'000'000, .values = {}});
  write_file(argv[1], event_file(events));
}
