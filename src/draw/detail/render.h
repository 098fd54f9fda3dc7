#pragma once

#include <string>

/// Drawings from SVG, by librsvg and Cairo. Throws DataError for what is no SVG, std::bad_alloc where the
/// drawing does not fit into memory.
namespace mirrortune::draw {

/// A page of the drawing's size; text stays text. Without the time of making.
std::string pdf_of(const std::string& svg);

/// kPngScale pixels for each of the SVG's.
std::string png_of(const std::string& svg);
inline constexpr double kPngScale = 3.0;

}  // namespace mirrortune::draw
