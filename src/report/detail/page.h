#pragma once

#include <string>

#include "report/detail/figures.h"

namespace mirrortune::report {

/// The whole HTML file. `files` is the address of the specifications' folder relative to it: "" or
/// "name_files/".
std::string make_page(const RunData& data, const std::vector<Figure>& figures, const FigureTables& tables,
                      const std::string& files);

}  // namespace mirrortune::report
