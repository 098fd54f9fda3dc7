#include "theory/spine_volumes.h"

#include <algorithm>
#include <cmath>

#include "base/csv.h"
#include "base/error.h"
#include "base/md5.h"
#include "base/stream.h"
#include "base/text.h"

namespace mirrortune {
namespace {

/// The fit that simulated volumes are drawn from.
constexpr double kSmall = 0.0371, kLarge = 0.1587, kShareOfSmall = 0.739, kLogSpread = 0.540;

[[noreturn]] void refuse(const std::filesystem::path& table, const std::string& why,
                         const std::string& todo) {
  throw DataError({.what = "cannot read spine volumes", .where = table.string(), .why = why, .todo = todo});
}

std::size_t column_of(const CsvTable& table, const std::filesystem::path& path, const std::string& name) {
  const auto found = std::ranges::find(table.columns(), name);
  if (found != table.columns().end()) return static_cast<std::size_t>(found - table.columns().begin());
  const auto near = nearest(name, table.columns());
  refuse(path,
         "there is no column '" + printable(name) + "'" + (near ? "; did you mean '" + *near + "'?" : ""),
         "Name the column with --column");
}

}  // namespace

SpineVolumes read_spine_volumes(const std::filesystem::path& path, const SpineTableOptions& options) {
  SpineVolumes read{
      .volumes = {}, .source = path.string(), .md5 = md5_of_file(path), .published = false, .notes = {}};
  read.published = read.md5 == kPublishedSpinesMd5;
  if (options.require_published && !read.published) {
    refuse(
        path, "it is not the published table: its MD5 is " + read.md5 + " and not " + kPublishedSpinesMd5,
        "Take soma_subgraph_synapses_spines_v185.csv of Dorkenwald et al., or leave out --require-published");
  }
  const CsvTable table = CsvTable::read(path);
  const std::size_t column = column_of(table, path, options.column);
  std::size_t no_number = 0, not_positive = 0;
  for (const auto& row : table.rows()) {
    const auto volume = parse_number(trim(row[column]));
    if (!volume || !std::isfinite(*volume)) {
      ++no_number;
    } else if (*volume <= 0) {
      ++not_positive;
    } else {
      read.volumes.push_back(*volume);
    }
  }
  if (read.volumes.empty()) {
    refuse(path, "no row has a number above 0 in the column '" + printable(options.column) + "'", "");
  }
  read.notes.push_back(read.published ? "this is the published table, by its MD5"
                                      : "this is not the published table: its MD5 is " + read.md5);
  if (no_number + not_positive > 0) {
    read.notes.push_back(std::to_string(no_number + not_positive) + " of " +
                         std::to_string(table.rows().size()) +
                         " rows are left out: " + std::to_string(no_number) + " without a finite number, " +
                         std::to_string(not_positive) + " with one that is not above 0");
  }
  return read;
}

SpineVolumes simulate_spine_volumes(std::int64_t n, std::uint64_t seed) {
  if (n < 1) throw UsageError({.what = "cannot simulate spine volumes", .why = "fewer than 1 is asked for"});
  SpineVolumes made{.volumes = {}, .source = "simulated", .md5 = "", .published = false, .notes = {}};
  const Stream kind(seed, "spine kind"), spread(seed, "spine volume");
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(n); ++i) {
    const double point = kind.uniform(i) < kShareOfSmall ? kSmall : kLarge;
    made.volumes.push_back(point * std::exp(kLogSpread * spread.normal(i)));
  }
  made.notes.push_back(
      "the volumes are simulated, from the model that negative entropy and two point masses give for the "
      "published table: what is found here is what was put in");
  return made;
}

}  // namespace mirrortune
