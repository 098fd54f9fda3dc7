#pragma once

#include <vector>

#include "report/detail/figure.h"
#include "report/detail/run_data.h"

namespace mirrortune::report {

/// The figures of a report on runs, in the page's order; those without any row are left out.
std::vector<Figure> make_figures(const RunData& data);

/// Their tables: delta_cdf, curves, layers, histogram, search, geometry.
FigureTables make_tables(const RunData& data);

}  // namespace mirrortune::report
