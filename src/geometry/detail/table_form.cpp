#include "geometry/detail/table_form.h"

#include <algorithm>
#include <array>

#include "base/text.h"

#include "geometry/detail/sessions.h"
#include "geometry/detail/table_text.h"

namespace mirrortune::detail {
namespace {

constexpr const char* kForms =
    "Write the columns id,session,size; or id and a column per session; or pre,post; or give a spine table "
    "of "
    "13 columns without a header";
constexpr const char* kSpineVolume = "spine_vol_um3";
constexpr const char* kUnpaired = "unpaired data do not identify a geometry";

/// The names of a header, by which columns are found.
class Header {
 public:
  Header(const std::vector<std::string>& cells, std::string where) : where_(std::move(where)) {
    for (const std::string& cell : cells) names_.emplace_back(trim(cell));
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto same = std::find(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i), names_[i]);
      const bool twice = same != names_.begin() + static_cast<std::ptrdiff_t>(i);
      if (twice && !names_[i].empty()) refuse_table(where_, "there are two columns " + shown(names_[i]));
    }
  }

  /// The column of a name that we know, in letters of any case.
  std::optional<std::size_t> find(std::string_view known) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (lower_case(names_[i]) == known) return i;
    }
    return std::nullopt;
  }
  /// The column of a session, exactly as it is written.
  std::size_t place(const std::string& name) const {
    return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }
  const std::vector<std::string>& names() const { return names_; }
  const std::string& where() const { return where_; }

 private:
  std::vector<std::string> names_;
  std::string where_;
};

/// Whether a column is one of those with a meaning of their own in every form.
bool is_about_the_synapse(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"id", "group", "sign", "se", "repeat"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() || name.starts_with("se_");
}

/// Names of the columns of a wide table that hold sizes.
std::vector<std::string> size_columns(const Header& header) {
  std::vector<std::string> columns;
  for (const std::string& name : header.names()) {
    if (!name.empty() && !is_about_the_synapse(lower_case(name))) columns.push_back(name);
  }
  return columns;
}

TableForm common_form(const Header& header) {
  TableForm form;
  if (const auto id = header.find("id")) form.id = {*id};
  if (const auto group = header.find("group")) form.group = {*group};
  form.sign = header.find("sign");
  form.repeat = header.find("repeat");
  if (form.repeat && form.id.empty()) {
    refuse_table(header.where(),
                 "the column 'repeat' needs a column 'id', which says what is measured again");
  }
  return form;
}

void note_unused(TableForm& form, const Header& header, const std::vector<std::string>& used) {
  std::vector<std::string> unused;
  for (const std::string& name : size_columns(header)) {
    if (std::find(used.begin(), used.end(), name) == used.end()) unused.push_back(name);
  }
  if (!unused.empty()) form.notes.push_back("columns not compared: " + listed(unused));
}

TableForm long_form(const Header& header, std::size_t session) {
  auto size = header.find("size");
  if (!size) size = header.find(kSpineVolume);
  TableForm form = common_form(header);
  if (!size || form.id.empty()) {
    refuse_table(header.where(), std::string("a table with a column 'session' needs a column '") +
                                     (size ? "id" : "size") + "'");
  }
  form.session = session;
  form.sizes = {{.session = "", .size = *size, .se = header.find("se")}};
  note_unused(form, header, {header.names()[session], header.names()[*size]});
  return form;
}

TableForm wide_form(const Header& header, const SessionPair& sessions) {
  TableForm form = common_form(header);
  for (const std::string& session : {sessions.before, sessions.after}) {
    auto se = header.find("se_" + lower_case(session));
    if (!se) se = header.find("se");
    form.sizes.push_back({.session = session, .size = header.place(session), .se = se});
  }
  if (form.sizes[0].se.has_value() != form.sizes[1].se.has_value()) {
    refuse_table(header.where(), "only one of " + listed({sessions.before, sessions.after}) +
                                     " has a column of standard errors");
  }
  note_unused(form, header, {sessions.before, sessions.after});
  return form;
}

[[noreturn]] void refuse_form(const Header& header) {
  const auto columns = size_columns(header);
  const auto volume = header.find(kSpineVolume);
  if (volume || (header.find("id") && columns.size() == 1)) {
    refuse_table(
        header.where(),
        "it has one size per synapse (" + (volume ? header.names()[*volume] : columns[0]) + "); " + kUnpaired,
        "Give the sizes of the same synapses before and after");
  }
  refuse_table(header.where(), "the columns " + listed(header.names()) + " are in none of the known forms",
               kForms);
}

}  // namespace

bool is_row_of_numbers(const std::vector<std::string>& cells) {
  bool some = false;
  for (const std::string& cell : cells) {
    const std::string_view text = trim(cell);
    const bool number = parse_number(text).has_value() || has_decimal_comma(text);
    if (!number && !is_absent(text)) return false;
    some = some || number;
  }
  return some;
}

TableForm headerless_form(const std::vector<std::string>& cells, const std::string& where) {
  constexpr std::size_t kSpineColumns = 13;
  if (cells.size() != kSpineColumns) {
    refuse_table(
        where,
        "its first row is one of numbers, so that its " + counted(cells.size(), "column") + " have no names",
        kForms);
  }
  return {.id = {0, 1, 2},
          .session = 3,
          .sizes = {{.session = "", .size = 4}},
          .group = {0, 1},
          .notes = {"a table without a header: its columns are taken as cell, dendrite, spine, session, "
                    "intensity, …; sizes are the intensities, groups the dendrites"}};
}

TableForm form_of(const std::vector<std::string>& cells, const TableOptions& options,
                  const std::string& where) {
  const Header header(cells, where);
  if (const auto session = header.find("session")) return long_form(header, *session);
  const auto pre = header.find("pre"), post = header.find("post");
  const auto columns = size_columns(header);
  const bool wide = header.find("id") && columns.size() > 1 && !header.find(kSpineVolume);
  if (!wide && !(pre && post)) refuse_form(header);
  if (options.sessions) {
    check_sessions(*options.sessions, columns);
    return wide_form(header, *options.sessions);
  }
  if (pre && post) return wide_form(header, {header.names()[*pre], header.names()[*post]});
  return wide_form(header, {columns.front(), columns.back()});
}

}  // namespace mirrortune::detail
