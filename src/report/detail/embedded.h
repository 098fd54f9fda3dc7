#pragma once

#include <string_view>

#include "report/vega_bundle.h"

/// Texts that CMake embeds (see ../CMakeLists.txt).
namespace mirrortune::report {

std::string_view page_script();  ///< page/page.js
std::string_view page_style();   ///< page/page.css

}  // namespace mirrortune::report
