#pragma once

#include <string>
#include <vector>

#include "report/detail/figures.h"
#include "report/detail/verdict.h"

/// The parts of the page, as HTML. Each is complete without the script but for the charts.
namespace mirrortune::report {

/// What the sections are made from.
struct PageParts {
  const RunData& data;
  const std::vector<Figure>& figures;
  const std::vector<Verdict>& verdicts;
  std::string files;  ///< address of the folder of the specifications, as "" or "name_files/"
  std::string note;   ///< see PageData
};

std::string summary_section(const PageParts& parts);
std::string geometry_sections(
    const PageParts& parts);  ///< ΔCDF, other potentials, histograms, layers, magnitude
std::string training_sections(const PageParts& parts);  ///< curves, learning-rate search
std::string table_sections(const PageParts& parts);     ///< trials, ΔCDF, layers
std::string origin_section(const PageParts& parts);     ///< configuration, versions and hashes

}  // namespace mirrortune::report
