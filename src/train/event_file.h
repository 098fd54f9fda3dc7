#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace mirrortune {

/// A distribution as TensorBoard draws it. Bucket i is [limits[i − 1], limits[i]), the first from `min`, the
/// last one closed.
struct EventHistogram {
  double min = 0;
  double max = 0;
  double num = 0;          ///< values in the buckets
  double sum = 0;          ///< of them
  double sum_squares = 0;  ///< of them
  std::vector<double> limits;
  std::vector<double> counts;
  std::uint64_t left_out = 0;  ///< NaN and infinite values, in none of the above; not part of the file
};

/// Counts values in `num_buckets` buckets of equal width between the smallest and the largest finite one, in
/// double. Equal values make one bucket, no finite values one empty bucket at 0.
EventHistogram event_histogram(std::span<const float> values, int num_buckets = 64);

/// A number or a distribution under a name; TensorBoard groups names at their slashes.
struct EventValue {
  std::string tag;
  std::variant<float, EventHistogram> value;
};

/// What is told at one step.
struct Event {
  double wall_time = 0;  ///< seconds since 1970
  std::int64_t step = 0;
  std::vector<EventValue> values;
};

/// The bytes of a TensorBoard event file: a record that names the format's version, then the events in their
/// order. TensorBoard finds files whose names contain "tfevents". Records are TensorFlow's: length, masked
/// CRC-32C of the length, protocol buffer `Event`, masked CRC-32C of it.
std::string event_file(std::span<const Event> events);

}  // namespace mirrortune
