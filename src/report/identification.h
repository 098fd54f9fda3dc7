#pragma once

#include <filesystem>
#include <string>

#include "geometry/evidence.h"
#include "geometry/identify.h"
#include "geometry/identify_layers.h"
#include "geometry/table.h"

namespace mirrortune {

/// The geometry of a table's changes, and what can be seen of it.
struct TableFindings {
  std::string table;  ///< its name, as the user gave it
  SessionPair sessions;
  TableEvidence evidence;
  Identification identification;
};

/// The geometry of a network's changes.
struct NetworkFindings {
  std::string before, after;  ///< the two files, as the user named them
  LayersIdentification identification;
};

/// Writes one HTML file that shows which geometry the changes follow and how sure that is, and opens anywhere
/// without a network; the specification and the table of each figure lie beside it, as those of write_report.
/// Folders that are not there are made.
///
/// The same findings give the same bytes. Throws WriteError or PermissionError when the output cannot be
/// written.
void write_identification(const TableFindings& findings, const std::filesystem::path& output);
void write_identification(const NetworkFindings& findings, const std::filesystem::path& output);

}  // namespace mirrortune
