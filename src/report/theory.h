#pragma once

#include <filesystem>
#include <vector>

#include "theory/dynamics.h"
#include "theory/linreg.h"
#include "theory/robustness.h"
#include "theory/spine_volumes.h"
#include "theory/spines.h"

namespace mirrortune {

/// Spine volumes and the models fitted to them.
struct SpineFindings {
  SpineVolumes volumes;
  std::vector<SpineFit> fits;
};

/// Each writes one HTML file that opens anywhere without a network; the specification and the table of each
/// figure lie beside it, as those of write_report. Folders that are not there are made.
///
/// The same results give the same bytes. Throws WriteError or PermissionError when the output cannot be
/// written.
void write_robustness(const Robustness& result, const std::filesystem::path& output);
void write_dynamics(const Dynamics& dynamics, const std::filesystem::path& output);
void write_linreg(const Linreg& result, const std::filesystem::path& output);
void write_spines(const SpineFindings& findings, const std::filesystem::path& output);

}  // namespace mirrortune
