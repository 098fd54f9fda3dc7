#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "base/csv.h"
#include "base/error.h"
#include "base/text.h"
#include "report/detail/run_data.h"

namespace mirrortune::report {
namespace {

constexpr double kLeft = -8.0;

/// The next record of a CSV file; a quoted cell may go over lines.
bool next_record(std::istream& in, std::string& record) {
  if (!std::getline(in, record)) return false;
  std::string more;
  while (std::ranges::count(record, '"') % 2 == 1 && std::getline(in, more)) record += '\n' + more;
  if (record.ends_with('\r')) record.pop_back();
  return true;
}

std::vector<std::string> cells_of(const std::string& record, const std::string& place) {
  if (record.find('"') == std::string::npos) return split(record, ',');
  return CsvTable::parse(record + "\n", place).columns();
}

/// Places of the columns in a record.
struct Columns {
  std::size_t model, potential, evaluated_with, seed, layer, left, right, count, cell, total;
};

Columns find_columns(const std::vector<std::string>& header, const std::string& place) {
  const auto find = [&](const char* name) {
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) {
      throw DataError({.what = "cannot read the table",
                       .where = place,
                       .why = std::string("it has no column '") + name + "'",
                       .todo = "Run the analysis of this run again"});
    }
    return static_cast<std::size_t>(found - header.begin());
  };
  const auto cell = std::ranges::find(header, "cell");
  return {.model = find("model"),
          .potential = find("potential"),
          .evaluated_with = find("evaluated_with"),
          .seed = find("seed"),
          .layer = find("layer"),
          .left = find("bin_left"),
          .right = find("bin_right"),
          .count = find("count"),
          .cell = static_cast<std::size_t>(cell - header.begin()),
          .total = header.size()};
}

void add_count(Histogram& histogram, double left, double right, std::uint64_t count) {
  const double middle = (left + right) / 2;
  const double bin = std::floor((middle - kLeft) / kBinWidth);
  if (!std::isfinite(left) || bin < 0) {
    histogram.below += count;
  } else if (!std::isfinite(right) || bin >= kBins) {
    histogram.above += count;
  } else {
    histogram.counts[static_cast<std::size_t>(bin)] += static_cast<std::uint32_t>(count);
  }
}

HistogramKey key_of(const std::vector<std::string>& cells, const Columns& columns,
                    const NetworkNames& names) {
  const std::string cell = columns.cell < cells.size() ? cells[columns.cell] : std::string();
  const long long seed = parse_integer(cells[columns.seed]).value_or(0);
  return {.key = {.network = names.of(cells[columns.model], cell),
                  .potential = cells[columns.potential],
                  .seed = static_cast<std::uint64_t>(std::max(0LL, seed))},
          .evaluated_with = cells[columns.evaluated_with],
          .layer = cells[columns.layer]};
}

}  // namespace

void read_histograms(const std::filesystem::path& file, const NetworkNames& names, RunData& data) {
  if (!std::filesystem::is_regular_file(file)) {
    throw DataError({.what = "cannot read", .where = file.string(), .why = "it is no regular file"});
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) throw_read_error("cannot read", file.string(), errno);
  std::string record;
  if (!next_record(in, record)) return;
  const Columns columns = find_columns(cells_of(record, file.string()), file.string());
  HistogramKey last;
  Histogram* histogram = nullptr;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (std::size_t line = 2; next_record(in, record); ++line) {
    if (record.empty()) continue;
    const auto cells = cells_of(record, file.string());
    const auto count = cells.size() == columns.total ? parse_integer(cells[columns.count]) : std::nullopt;
    if (!count || *count < 0) {
      throw DataError({.what = "cannot read the table",
                       .where = file.string() + ":" + std::to_string(line),
                       .why = "the row does not fit the header",
                       .todo = "Run the analysis of this run again"});
    }
    HistogramKey key = key_of(cells, columns, names);
    if (!histogram || key != last) {
      histogram = &data.histograms[key];
      last = std::move(key);
    }
    add_count(*histogram, parse_number(cells[columns.left]).value_or(-kInfinity),
              parse_number(cells[columns.right]).value_or(kInfinity), static_cast<std::uint64_t>(*count));
  }
}

}  // namespace mirrortune::report
