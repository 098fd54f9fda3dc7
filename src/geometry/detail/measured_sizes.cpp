#include "geometry/detail/measured_sizes.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "geometry/detail/table_text.h"

namespace mirrortune::detail {

std::uint32_t Labels::number_of(std::string_view text) {
  if (const auto known = find(text)) return *known;
  auto* kept = static_cast<char*>(memory_.allocate(text.size(), /*alignment=*/1));
  std::copy(text.begin(), text.end(), kept);
  texts_.emplace_back(kept, text.size());
  const auto number = static_cast<std::uint32_t>(texts_.size() - 1);
  numbers_.emplace(texts_.back(), number);
  return number;
}

std::optional<std::uint32_t> Labels::find(std::string_view text) const {
  const auto found = numbers_.find(text);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t MeasuredSizes::add_synapse(const SynapseRow& row, std::size_t line) {
  const std::uint32_t synapse = ids_.number_of(row.id);
  const std::uint32_t group = row.group ? groups_.number_of(*row.group) : 0;
  if (synapse == synapses_.size()) {
    synapses_.push_back({group, row.sign});
    return synapse;
  }
  const std::string where = name_ + ":" + std::to_string(line);
  const Synapse& known = synapses_[synapse];
  if (known.group != group) {
    refuse_table(where, "synapse " + shown(row.id) + " is in group " + shown(*row.group) + " here and in " +
                            shown(groups_.text(known.group)) + " before");
  }
  if (known.sign != row.sign) refuse_table(where, "synapse " + shown(row.id) + " had the other sign before");
  return synapse;
}

void MeasuredSizes::add(std::uint32_t synapse, const Measurement& measurement, std::size_t line) {
  has_se_ = has_se_ || measurement.se.has_value();
  entries_.push_back({synapse, sessions_.number_of(measurement.session),
                      repeats_.number_of(measurement.repeat), line, measurement.size,
                      measurement.se.value_or(0)});
}

void MeasuredSizes::sort_and_refuse_doubles() {
  const auto place = [](const Entry& entry) { return std::tie(entry.synapse, entry.session, entry.repeat); };
  std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
    return std::tuple_cat(place(a), std::tie(a.line)) < std::tuple_cat(place(b), std::tie(b.line));
  });
  const Entry* first_double = nullptr;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (place(entries_[i]) != place(entries_[i - 1])) continue;
    if (!first_double || entries_[i].line < first_double->line) first_double = &entries_[i];
  }
  if (!first_double) return;
  const std::string_view repeat = repeats_.text(first_double->repeat);
  refuse_table(name_ + ":" + std::to_string(first_double->line),
               "synapse " + shown(ids_.text(first_double->synapse)) + " is twice in session " +
                   shown(sessions_.text(first_double->session)) +
                   (repeat.empty() ? "" : " with the repeat " + shown(repeat)),
               "Tell repeated measurements apart by a column 'repeat'");
}

MeasuredSizes::Size MeasuredSizes::mean_of(std::span<const Entry> entries) {
  const auto n = static_cast<double>(entries.size());
  double sum = 0, squared_errors = 0;
  for (const Entry& entry : entries) {
    sum += entry.size;
    squared_errors += entry.se * entry.se;
  }
  return {.mean = sum / n, .se = std::sqrt(squared_errors) / n, .measurements = entries.size()};
}

std::vector<MeasuredSizes::SizePair> MeasuredSizes::averaged(const SessionPair& sessions,
                                                             PairsTable& table) const {
  const auto before = sessions_.find(sessions.before), after = sessions_.find(sessions.after);
  std::vector<SizePair> sizes(synapses_.size());
  std::vector<RepeatedSize> repeated;
  for (std::size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
    const Entry& first = entries_[begin];
    while (end < entries_.size() && entries_[end].synapse == first.synapse &&
           entries_[end].session == first.session) {
      ++end;
    }
    const Size size = mean_of(std::span(entries_).subspan(begin, end - begin));
    if (first.session == before) sizes[first.synapse].before = size;
    if (first.session == after) sizes[first.synapse].after = size;
    if (size.measurements < 2) continue;
    double squares = 0;
    for (std::size_t i = begin; i < end; ++i) squares += std::pow(entries_[i].size - size.mean, 2);
    repeated.push_back({size.mean, squares / static_cast<double>(size.measurements - 1), size.measurements});
  }
  if (!repeated.empty()) table.noise = fit_measurement_noise(repeated);
  return sizes;
}

void MeasuredSizes::count_odd_sizes(const SessionPair& sessions, TableCounts& counts) const {
  const auto before = sessions_.find(sessions.before), after = sessions_.find(sessions.after);
  for (const Entry& entry : entries_) {
    if (entry.session != before && entry.session != after) continue;
    counts.zero_sizes += entry.size == 0 ? 1 : 0;
    counts.negative_sizes += entry.size < 0 ? 1 : 0;
  }
}

void MeasuredSizes::add_pair(std::size_t synapse, const SizePair& sizes, Labels& groups, Pairs& pairs) const {
  const auto [group, sign] = synapses_[synapse];
  pairs.before.push_back(sign * sizes.before.mean);
  pairs.after.push_back(sign * sizes.after.mean);
  if (groups_.size() > 0) {
    pairs.groups.push_back(static_cast<std::int32_t>(groups.number_of(groups_.text(group))));
  }
  if (!has_se_) return;
  pairs.se_before.push_back(sizes.before.se);
  pairs.se_after.push_back(sizes.after.se);
}

void MeasuredSizes::to_pairs(const SessionPair& sessions, PairsTable& table) {
  sort_and_refuse_doubles();
  count_odd_sizes(sessions, table.counts);
  Labels groups;  // of the pairs alone: a cluster without a pair is none
  double inverse_measurements = 0;
  TableCounts& counts = table.counts;
  counts.synapses = synapses_.size();
  const auto sizes = averaged(sessions, table);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto [before, after] = sizes[i];
    if (before.measurements > 0 && after.measurements > 0) {
      add_pair(i, sizes[i], groups, table.pairs);
      inverse_measurements += 1.0 / static_cast<double>(before.measurements);
      inverse_measurements += 1.0 / static_cast<double>(after.measurements);
    } else {
      ++(before.measurements > 0  ? counts.only_before
         : after.measurements > 0 ? counts.only_after
                                  : counts.in_neither);
    }
  }
  counts.pairs = table.pairs.size();
  table.pairs.group_names = groups.texts();
  if (counts.pairs > 0)
    table.measurements_per_size = 2.0 * static_cast<double>(counts.pairs) / inverse_measurements;
}

}  // namespace mirrortune::detail
