#pragma once

#include <string_view>

namespace mirrortune::report {

/// Vega, Vega-Lite and Vega-Embed in one script, which defines the global function vegaEmbed.
std::string_view vega_bundle();

}  // namespace mirrortune::report
