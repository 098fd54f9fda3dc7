#pragma once

#include <vector>

#include "report/detail/figure.h"
#include "report/identification.h"

namespace mirrortune::report {

/// The figures of a page on an identification, in its order, and their tables: of a table of synapses
/// profile, growth, histogram and quantiles, of a network depth and profile.
std::vector<Figure> make_figures(const TableFindings& findings);
FigureTables make_tables(const TableFindings& findings);
std::vector<Figure> make_figures(const NetworkFindings& findings);
FigureTables make_tables(const NetworkFindings& findings);

}  // namespace mirrortune::report
