#pragma once

#include <string>

#include "base/json.h"

namespace mirrortune::draw {

/// A Vega-Lite specification with its data inside as SVG. Throws DataError naming `name` if Vega cannot draw
/// it.
std::string svg_of(const Json& spec, const std::string& name);

}  // namespace mirrortune::draw
