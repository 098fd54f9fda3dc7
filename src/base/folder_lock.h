#pragma once

#include <filesystem>

namespace mirrortune {

/// The right to write into a run directory: an exclusive flock of `<folder>/.lock`, held until the process
/// ends and inherited over exec. Creates the folder. Throws BusyError with the holder's host and pid,
/// WriteError, PermissionError.
void lock_folder(const std::filesystem::path& folder);

}  // namespace mirrortune
