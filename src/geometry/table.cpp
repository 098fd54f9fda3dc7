#include "geometry/table.h"

#include <algorithm>
#include <cmath>

#include "base/csv.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#include "geometry/detail/measured_sizes.h"
#include "geometry/detail/sessions.h"
#include "geometry/detail/table_form.h"
#include "geometry/detail/table_text.h"

namespace mirrortune {
namespace {

using detail::counted;
using detail::refuse_table;
using detail::shown;

/// The one of tab, semicolon and comma that is most often in the first line that is not empty.
char separator_of(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of("\r\n"), text.size());
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  char best = '\t';
  for (const char c : {';', ','}) {
    if (std::count(line.begin(), line.end(), c) > std::count(line.begin(), line.end(), best)) best = c;
  }
  return best;
}

/// Whether an id was a double once: spreadsheets write ids of 16 and more digits so, and have lost digits.
bool is_rounded_id(std::string_view id) {
  constexpr double kFirstInexact = 0x1.0p53;
  if (id.find_first_of(".+") == id.npos) return false;
  const auto value = parse_number(id);
  return value && std::fabs(*value) >= kFirstInexact;
}

/// Reads the rows of a table, whichever its form, into MeasuredSizes.
class RowReader {
 public:
  RowReader(const detail::TableForm& form, std::size_t columns, const CsvRecords& records,
            detail::MeasuredSizes& sizes)
      : form_(form), columns_(columns), records_(records), sizes_(sizes) {}

  /// False if the row is empty: separators only.
  bool read(const std::vector<std::string>& cells) {
    if (std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return trim(cell).empty(); }))
      return false;
    check_length(cells);
    ++rows_;
    const std::string id = id_of(cells);
    const std::string group = joined(cells, form_.group);
    if (!form_.group.empty() && group.empty()) refuse("the synapse has no group");
    const std::uint32_t synapse = sizes_.add_synapse(
        {.id = id,
         .group = form_.group.empty() ? std::nullopt : std::optional<std::string_view>(group),
         .sign = form_.sign ? sign_of(trim(cells[*form_.sign])) : 1},
        records_.line());
    for (const detail::SizeColumn& column : form_.sizes) add_size(cells, column, synapse);
    return true;
  }

 private:
  [[noreturn]] void refuse(std::string why, std::string todo = "") const {
    refuse_table(records_.where(), std::move(why), std::move(todo));
  }

  void check_length(const std::vector<std::string>& cells) const {
    if (cells.size() == columns_) return;
    refuse("the row has " + counted(cells.size(), "cell") + ", the first one " + std::to_string(columns_) +
               (cells.size() > columns_ ? "; a decimal comma makes two cells of a number" : ""),
           cells.size() > columns_ ? "Write decimals with a point" : "");
  }

  static std::string joined(const std::vector<std::string>& cells, const std::vector<std::size_t>& places) {
    std::string text;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i > 0) text += '/';
      text += trim(cells[places[i]]);
    }
    return text;
  }

  std::string id_of(const std::vector<std::string>& cells) const {
    if (form_.id.empty()) return std::to_string(rows_);
    for (const std::size_t place : form_.id) {
      if (trim(cells[place]).empty()) refuse("the synapse has no id");
    }
    std::string id = joined(cells, form_.id);
    if (is_rounded_id(id)) {
      refuse("the id " + shown(id) + " is a rounded number, so that other synapses may have the same",
             "Write ids with all their digits, as text");
    }
    return id;
  }

  double sign_of(std::string_view cell) const {
    const std::string text = detail::lower_case(cell);
    if (text == "e" || parse_number(text) == 1.0) return 1;
    if (text == "i" || parse_number(text) == -1.0) return -1;
    refuse("the sign is " + shown(cell) + "; it must be 1, -1, e or i");
  }

  /// A cell's number; nothing if it is absent.
  std::optional<double> number_of(std::string_view cell) const {
    if (detail::is_absent(cell)) return std::nullopt;
    const auto value = parse_number(cell);
    if (value && std::isfinite(*value)) return value;
    if (detail::has_decimal_comma(cell)) {
      refuse(shown(cell) + " has a decimal comma", "Write decimals with a point, and thousands together");
    }
    refuse(shown(cell) + " is not a " + (value ? "finite " : "") + "number");
  }

  void add_size(const std::vector<std::string>& cells, const detail::SizeColumn& column,
                std::uint32_t synapse) {
    const std::string_view session =
        form_.session ? trim(cells[*form_.session]) : std::string_view(column.session);
    if (session.empty()) refuse("the size has no session");
    const auto size = number_of(trim(cells[column.size]));
    if (!size) return;
    sizes_.add(synapse,
               {.session = session,
                .repeat = form_.repeat ? trim(cells[*form_.repeat]) : std::string_view(),
                .size = *size,
                .se = column.se ? std::optional(se_of(trim(cells[*column.se]))) : std::nullopt},
               records_.line());
  }

  double se_of(std::string_view cell) const {
    const auto se = number_of(cell);
    if (!se) refuse("the size has no standard error");
    if (*se < 0) refuse("the standard error " + shown(cell) + " is below 0");
    return *se;
  }

  const detail::TableForm& form_;
  std::size_t columns_;
  const CsvRecords& records_;
  detail::MeasuredSizes& sizes_;
  std::size_t rows_ = 0;
};

SessionPair chosen_sessions(const detail::TableForm& form, const TableOptions& options,
                            const detail::MeasuredSizes& sizes, const std::string& name) {
  if (!form.session) return {form.sizes[0].session, form.sizes[1].session};
  const std::vector<std::string> labels = sizes.session_labels();
  if (options.sessions) {
    detail::check_sessions(*options.sessions, labels);
    return *options.sessions;
  }
  if (labels.size() < 2) {
    refuse_table(name, labels.empty() ? "it has no sizes"
                                      : "all its sizes are of one session, " + shown(labels[0]) +
                                            "; unpaired data do not identify a geometry");
  }
  return detail::first_and_last(labels);
}

/// "3 sizes are 0 and 1 is negative", or "".
std::string odd_sizes_text(const TableCounts& counts) {
  const auto are = [](std::size_t count) { return count == 1 ? " is " : " are "; };
  const std::string zero = counted(counts.zero_sizes, "size") + are(counts.zero_sizes) + "0";
  const std::string negative =
      counted(counts.negative_sizes, "size") + are(counts.negative_sizes) + "negative";
  if (counts.zero_sizes > 0 && counts.negative_sizes > 0) return zero + " and " + negative;
  return counts.zero_sizes > 0 ? zero : counts.negative_sizes > 0 ? negative : "";
}

void note_sessions(const std::vector<std::string>& labels, bool chosen, PairsTable& table) {
  const auto& [before, after] = table.sessions;
  if (labels.size() > 2) {
    table.notes.push_back("sessions " + shown(before) + " and " + shown(after) + " of " +
                          std::to_string(labels.size()) + " are compared");
  }
  if (!chosen && detail::is_alphabetical(table.sessions)) {
    table.notes.push_back("session " + shown(before) + " is taken as the earlier one and " + shown(after) +
                          " as the later one by the alphabet alone; choose the sessions if that is wrong");
  }
}

void note_counts(PairsTable& table) {
  const TableCounts& counts = table.counts;
  if (counts.pairs < counts.synapses) {
    table.notes.push_back(std::to_string(counts.synapses - counts.pairs) + " of " +
                          counted(counts.synapses, "synapse") +
                          " are no pair: " + std::to_string(counts.only_before) + " only before (lost), " +
                          std::to_string(counts.only_after) + " only after (new), " +
                          std::to_string(counts.in_neither) + " in neither session");
  }
  const std::string odd = odd_sizes_text(counts);
  if (!odd.empty())
    table.notes.push_back(odd + "; they are kept as sizes: where a synapse is absent, leave the cell empty");
}

PairsTable read_text(std::string_view text, const std::string& name, const TableOptions& options) {
  if (text.find('\0') != text.npos) {
    refuse_table(name, "it is no text in UTF-8", "Save it as CSV in UTF-8");
  }
  CsvRecords records(text, name, separator_of(text));
  std::vector<std::string> cells;
  if (!records.next(cells)) refuse_table(name, "it is empty");
  const bool headerless = detail::is_row_of_numbers(cells);
  const detail::TableForm form = headerless ? detail::headerless_form(cells, records.where())
                                            : detail::form_of(cells, options, records.where());
  detail::MeasuredSizes sizes(name);
  RowReader reader(form, cells.size(), records, sizes);
  PairsTable table{.notes = form.notes};
  bool more = headerless || records.next(cells);
  for (; more; more = records.next(cells)) table.counts.rows += reader.read(cells) ? 1 : 0;
  if (table.counts.rows == 0) refuse_table(name, "it has no rows");
  table.sessions = chosen_sessions(form, options, sizes, name);
  sizes.to_pairs(table.sessions, table);
  if (table.counts.pairs == 0) {
    refuse_table(name, "no synapse has a size in both " + shown(table.sessions.before) + " and " +
                           shown(table.sessions.after) + "; unpaired data do not identify a geometry");
  }
  if (form.session) note_sessions(sizes.session_labels(), options.sessions.has_value(), table);
  note_counts(table);
  if (form.repeat && !table.noise)
    table.notes.push_back("no size was measured more than once, so that the noise is not known");
  return table;
}

}  // namespace

PairsTable read_pairs(const std::filesystem::path& path, const TableOptions& options) {
  return read_text(read_text_file(path), path.string(), options);
}

}  // namespace mirrortune
