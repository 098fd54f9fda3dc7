#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "base/json.h"

/// Pieces of Vega-Lite views.
namespace mirrortune::report {

/// A field of numbers along an axis.
Json quantity(const std::string& field, const std::string& title);
/// The same on a logarithmic axis, with lines at the powers of ten only.
Json logarithmic(Json encoding);
/// The axis of the layers' places in the network, field `position`.
Json depth();

/// The axis of the epochs, field `epoch`.
Json epochs();
/// The axis of standardised scores from −5 to 5, field `bin_left`.
Json scores(const std::string& title);

Json layer(Json mark, Json encoding);
Json filtered(const std::string& expression, Json view);
/// A layer of one row of its own.
Json constant_layer(Json row, Json mark, Json encoding);
/// The bars of a histogram over `scores`, with their heights in `y`.
Json density_bars(Json scores, Json y);
/// The N(0,1) density as a layer with rows of its own.
Json normal_density();

/// Fields with their titles.
Json tooltip(std::initializer_list<std::pair<const char*, const char*>> fields);
Json with_tooltip(Json encoding, Json fields);

}  // namespace mirrortune::report
