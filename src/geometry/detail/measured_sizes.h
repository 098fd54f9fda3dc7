#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geometry/table.h"

namespace mirrortune::detail {

/// Numbers texts from 0 in the order in which they first come.
class Labels {
 public:
  std::uint32_t number_of(std::string_view text);
  /// The number of a text that came; nothing of any other.
  std::optional<std::uint32_t> find(std::string_view text) const;
  std::string_view text(std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }
  std::vector<std::string> texts() const { return {texts_.begin(), texts_.end()}; }

 private:
  std::pmr::monotonic_buffer_resource memory_;  ///< of the texts and of the map: freed as a whole
  std::pmr::unordered_map<std::string_view, std::uint32_t> numbers_{&memory_};
  std::vector<std::string_view> texts_;
};

/// What a row says of its synapse besides sizes.
struct SynapseRow {
  std::string_view id;
  std::optional<std::string_view> group = {};
  double sign = 1;
};

/// A size in a row.
struct Measurement {
  std::string_view session;
  std::string_view repeat;  ///< tells measurements of a synapse in one session apart; may be empty
  double size = 0;
  std::optional<double> se = {};
};

/// All sizes of a table, and the pairs that they make.
class MeasuredSizes {
 public:
  /// `name` of the table stands in messages.
  explicit MeasuredSizes(std::string name) : name_(std::move(name)) {}

  /// The number of the row's synapse. Throws DataError if an earlier row gave it another group or sign.
  std::uint32_t add_synapse(const SynapseRow& row, std::size_t line);
  void add(std::uint32_t synapse, const Measurement& measurement, std::size_t line);

  std::vector<std::string> session_labels() const { return sessions_.texts(); }

  /// Sets all of `table` but sessions, rows and notes. Throws DataError with the line for a synapse that is
  /// twice in one session with the same repeat label.
  void to_pairs(const SessionPair& sessions, PairsTable& table);

 private:
  struct Synapse {
    std::uint32_t group = 0;
    double sign = 1;
  };
  struct Entry {
    std::uint32_t synapse, session, repeat;
    std::size_t line;
    double size, se;
  };
  /// The mean of the measurements of a synapse in one session.
  struct Size {
    double mean = 0;
    double se = 0;
    std::size_t measurements = 0;  ///< 0: absent
  };
  struct SizePair {
    Size before = {}, after = {};
  };

  void sort_and_refuse_doubles();
  static Size mean_of(std::span<const Entry> entries);
  /// The sizes of every synapse in the two sessions, and the noise that the repeats of all sessions tell.
  std::vector<SizePair> averaged(const SessionPair& sessions, PairsTable& table) const;
  void count_odd_sizes(const SessionPair& sessions, TableCounts& counts) const;
  void add_pair(std::size_t synapse, const SizePair& sizes, Labels& groups, Pairs& pairs) const;

  std::string name_;
  Labels ids_, sessions_, groups_, repeats_;
  std::vector<Synapse> synapses_;
  std::vector<Entry> entries_;
  bool has_se_ = false;
};

}  // namespace mirrortune::detail
