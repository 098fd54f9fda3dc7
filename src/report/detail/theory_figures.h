#pragma once

#include <string>
#include <vector>

#include "report/detail/figure.h"
#include "report/theory.h"

namespace mirrortune::report {

/// The colour of field `potential`, by its place in the order of all axes; the key stands over the chart.
Json potential_colour(const std::string& title, std::vector<std::string> potentials);

/// The figures of the theory's pages, in the order of each page, and their tables.
std::vector<Figure> make_figures(const Robustness& result);
FigureTables make_tables(const Robustness& result);
std::vector<Figure> make_figures(const Dynamics& dynamics);
FigureTables make_tables(const Dynamics& dynamics);
std::vector<Figure> make_figures(const Linreg& result);
FigureTables make_tables(const Linreg& result);
std::vector<Figure> make_figures(const SpineFindings& findings);
FigureTables make_tables(const SpineFindings& findings);

}  // namespace mirrortune::report
