#pragma once

namespace mirrortune::draw {

/// The width of a text in CSS pixels, set in a font as CSS writes it: "bold 13px system-ui, Arial". UTF-8.
double text_width(const char* font, const char* text);

}  // namespace mirrortune::draw
