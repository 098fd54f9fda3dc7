#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "geometry/table.h"

namespace mirrortune::detail {

/// A column of sizes. Places are those of cells in a row.
struct SizeColumn {
  std::string session;  ///< that all its sizes are of; of a long table: empty
  std::size_t size = 0;
  std::optional<std::size_t> se = {};
};

/// How the rows of a table are read, whichever its form.
struct TableForm {
  std::vector<std::size_t> id = {};         ///< together they name the synapse; none: every row is another
  std::optional<std::size_t> session = {};  ///< of a long table
  std::vector<SizeColumn> sizes = {};       ///< one of a long table, two of a wide one: before and after
  std::vector<std::size_t> group = {};      ///< together they name the cluster; none: no clusters
  std::optional<std::size_t> sign = {};
  std::optional<std::size_t> repeat = {};
  std::vector<std::string> notes = {};
};

/// Whether a first row is one of numbers, so that the table has no header.
bool is_row_of_numbers(const std::vector<std::string>& cells);

/// The form of a table without a header. Throws DataError at `where` unless it is a spine table.
TableForm headerless_form(const std::vector<std::string>& cells, const std::string& where);

/// The form that a header says. Throws DataError at `where` if it is none, or one of unpaired sizes;
/// UsageError if a wide table does not have the sessions asked for.
TableForm form_of(const std::vector<std::string>& header, const TableOptions& options,
                  const std::string& where);

}  // namespace mirrortune::detail
