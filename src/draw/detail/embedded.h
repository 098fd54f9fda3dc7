#pragma once

#include <string_view>

/// Texts that CMake embeds (see ../CMakeLists.txt).
namespace mirrortune::draw {

std::string_view browser_script();  ///< browser.js

}  // namespace mirrortune::draw
