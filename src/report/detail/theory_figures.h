#pragma once

#include <vector>

#include "report/detail/figure.h"
#include "report/theory.h"

namespace mirrortune::report {

/// The figures of the theory's pages, in the order of each page, and their tables.
std::vector<Figure> make_figures(const Robustness& result);
FigureTables make_tables(const Robustness& result);
std::vector<Figure> make_figures(const Dynamics& dynamics);
FigureTables make_tables(const Dynamics& dynamics);
std::vector<Figure> make_figures(const SpineFindings& findings);
FigureTables make_tables(const SpineFindings& findings);

}  // namespace mirrortune::report
