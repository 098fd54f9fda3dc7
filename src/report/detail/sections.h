#pragma once

#include <string>
#include <vector>

#include "report/detail/frame.h"
#include "report/detail/run_data.h"
#include "report/detail/verdict.h"

/// The parts of the page, as HTML. Each is complete without the script but for the charts.
namespace mirrortune::report {

/// What the sections are made from.
struct PageParts {
  const RunData& data;
  Charts charts;
  const std::vector<Verdict>& verdicts;
  std::string note;  ///< see PageData
};

std::string summary_section(const PageParts& parts);
std::string geometry_sections(
    const PageParts& parts);  ///< ΔCDF, other potentials, histograms, layers, magnitude
std::string training_sections(const PageParts& parts);  ///< curves, learning-rate search
std::string table_sections(const PageParts& parts);     ///< trials, ΔCDF, layers
std::string origin_section(const PageParts& parts);     ///< configuration, versions and hashes

}  // namespace mirrortune::report
