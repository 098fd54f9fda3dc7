#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "geometry/measurement_noise.h"
#include "geometry/pairs.h"

namespace mirrortune {

/// The two sessions that are compared: labels of the column `session`, or columns of a wide table.
struct SessionPair {
  std::string before;
  std::string after;
};

struct TableOptions {
  /// Default: `pre` and `post`, the first and the last column of another wide table, the first and the last
  /// session of a long table in natural order (day2 before day10; what begins with pre, before or baseline
  /// first).
  std::optional<SessionPair> sessions = {};
};

/// What of a table became pairs, and what did not.
struct TableCounts {
  std::size_t rows = 0;
  std::size_t synapses = 0;        ///< the sum of the next four
  std::size_t pairs = 0;           ///< with both sizes
  std::size_t only_before = 0;     ///< lost
  std::size_t only_after = 0;      ///< new
  std::size_t in_neither = 0;      ///< without a size in either of the two sessions
  std::size_t zero_sizes = 0;      ///< measurements of the two sessions that are 0
  std::size_t negative_sizes = 0;  ///< that are below 0 before the sign column is applied
};

struct PairsTable {
  Pairs pairs = {};  ///< in the order in which the synapses first appear
  SessionPair sessions = {};
  TableCounts counts = {};
  /// The noise of a single measurement; nothing if no size was measured more than once.
  std::optional<MeasurementNoise> noise = {};
  /// Measurements that a size of `pairs` is the mean of, their harmonic mean: the noise variance of such a
  /// size is that of a single measurement divided by this.
  double measurements_per_size = 1;
  std::vector<std::string> notes = {};  ///< sentences: what was counted, left out or assumed
};

/// Reads a CSV file (UTF-8; comma, semicolon or tab, by the header line; byte-order mark and Windows line
/// ends are no matter) in one of the forms
///   id,session,size             a row per measurement
///   id,t0,t1,…                  a row per synapse, an empty cell where it was absent
///   pre,post                    the same with two sizes, `id` may be left out
///   13 columns without a header cell, dendrite, spine, session, intensity, … of Loewenstein, Kuras & Rumpel,
///                               J Neurosci 2011 and 2015; the groups are the dendrites
/// with the optional columns
///   group    cluster of the synapse
///   sign     of the synapse: 1, -1, e or i; its sizes are multiplied by it
///   se       standard error of the size, of both sizes in wide tables; there also `se_<column>` for each
///   repeat   tells measurements of a synapse in one session apart; they are averaged, and give the noise
/// Ids are texts, or integers of any length. Cells that are empty, NA or NaN are absent. Sizes may be 0 or
/// negative; they are counted and noted.
/// Throws DataError with file and line for what it refuses, UsageError for sessions that the table does not
/// have, and as read_text_file. Memory is proportional to the file.
PairsTable read_pairs(const std::filesystem::path& path, const TableOptions& options = {});

}  // namespace mirrortune
