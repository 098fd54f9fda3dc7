#include "geometry/detail/table_text.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune::detail {

void refuse_table(const std::string& where, std::string why, std::string todo) {
  throw DataError(
      {.what = "cannot read the table", .where = where, .why = std::move(why), .todo = std::move(todo)});
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::string shown(std::string_view text) { return "'" + printable(text) + "'"; }

std::string listed(const std::vector<std::string>& texts) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> first;
  for (const std::string& text : texts) {
    if (first.size() < kMost) first.push_back(shown(text));
  }
  const std::size_t rest = texts.size() - first.size();
  return join(first, ", ") + (rest > 0 ? " and " + std::to_string(rest) + " more" : "");
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

bool is_absent(std::string_view cell) {
  if (cell.size() > 3) return false;
  const std::string text = lower_case(cell);
  return text.empty() || text == "na" || text == "nan";
}

bool has_decimal_comma(std::string_view cell) {
  std::string with_point(cell);
  std::replace(with_point.begin(), with_point.end(), ',', '.');
  return with_point != cell && parse_number(with_point).has_value();
}

}  // namespace mirrortune::detail
