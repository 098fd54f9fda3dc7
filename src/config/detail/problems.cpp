#include "config/detail/problems.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune::config {
namespace {

constexpr std::size_t kShown = 100;  ///< problems told at once; a hostile file may have thousands

}  // namespace

std::string Place::text() const {
  return line == 0 ? origin : origin + ":" + std::to_string(line) + ":" + std::to_string(column);
}

void Problems::add(const Place& place, std::string message) {
  const bool known = std::any_of(found_.begin(), found_.end(), [&](const Problem& problem) {
    return problem.message == message && problem.place.text() == place.text();
  });
  if (!known && found_.size() <= kShown) found_.push_back({place, std::move(message)});
}

void Problems::throw_if_any(const std::string& file) const {
  if (found_.empty()) return;
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    const auto key = [](const Place& place) { return std::tuple(place.line == 0, place.line, place.column); };
    return key(a.place) < key(b.place);
  });
  ErrorText text{.what = "invalid configuration", .safe = "No data was touched"};
  if (sorted.size() == 1) {
    text.where = sorted[0].place.text();
    text.why = sorted[0].message;
    throw ConfigError(std::move(text));
  }
  const std::size_t shown = std::min(sorted.size(), kShown);
  text.where = file;
  text.why = (shown < sorted.size() ? "the first " : "") + std::to_string(shown) + " errors";
  for (std::size_t i = 0; i < shown; ++i)
    text.why += "\n  " + sorted[i].place.text() + ": " + sorted[i].message;
  throw ConfigError(std::move(text));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLength = 60;
  const std::string shown = printable(text.substr(0, kLength));
  return "'" + shown + (text.size() > kLength ? "…'" : "'");
}

}  // namespace mirrortune::config
