#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mirrortune {

/// Volumes of spines seen once, in µm³ or whatever unit the table has.
struct SpineVolumes {
  std::vector<double> volumes;  ///< finite and above 0
  std::string source;           ///< the table's path, or "simulated"
  std::string md5;              ///< of the table; empty if simulated
  bool published = false;       ///< the table is Dorkenwald et al.'s, byte for byte
  std::vector<std::string> notes;
};

struct SpineTableOptions {
  std::string column = "spine_vol_um3";
  bool require_published = false;  ///< refuse every other table
};

/// MD5 of soma_subgraph_synapses_spines_v185.csv (Dorkenwald et al., eLife 11:e76120, 2022).
inline constexpr const char* kPublishedSpinesMd5 = "5bbb8ff59dcad4ccea6d46930920cd04";
inline constexpr std::int64_t kPublishedSpines = 1961;  ///< its rows

/// The volumes of a CSV table with a header. Rows without a number above 0 in the column are left out and
/// counted in a note. Throws MissingError or DataError for a table that cannot be read, has no such column or
/// no usable row, or is not the published one where that is required.
SpineVolumes read_spine_volumes(const std::filesystem::path& table, const SpineTableOptions& options);

/// Log-normal volumes like the published ones, for where the table is not at hand: draws of the model that
/// negative entropy and two point masses give for it (0.0371 and 0.1587 µm³ at weights 0.739 and 0.261,
/// spread 0.540). The first of a larger number are the same. Throws UsageError for n < 1.
SpineVolumes simulate_spine_volumes(std::int64_t n, std::uint64_t seed);

}  // namespace mirrortune
