#include "draw/detail/text_width.h"

#include <cstdlib>
#include <regex>
#include <string>

#include <cairo.h>
#include <pango/pangocairo.h>

#include "draw/detail/owned.h"

namespace mirrortune::draw {
namespace {

using Font = Owned<PangoFontDescription, pango_font_description_free>;

PangoWeight weight_of(const std::string& word) {
  if (word == "bold") return PANGO_WEIGHT_BOLD;
  const int number = std::atoi(word.c_str());
  return number > 0 ? static_cast<PangoWeight>(number) : PANGO_WEIGHT_NORMAL;
}

/// [style] [variant] [weight] SIZEpx FAMILIES.
Font parse_font(const std::string& css) {
  Font font(pango_font_description_new());
  std::smatch parts;
  static const std::regex form(R"(((?:\S+ )*)([0-9.]+)px (.*))");
  if (!std::regex_match(css, parts, form)) return font;
  std::string families = parts[3];
  std::erase_if(families, [](char c) { return c == '"' || c == '\''; });
  pango_font_description_set_family(font.get(), families.c_str());
  pango_font_description_set_absolute_size(font.get(), std::atof(parts[2].str().c_str()) * PANGO_SCALE);
  const std::string words = parts[1];
  static const std::regex word(R"(\S+)");
  for (std::sregex_iterator found(words.begin(), words.end(), word), end; found != end; ++found) {
    if (found->str() == "italic") {
      pango_font_description_set_style(font.get(), PANGO_STYLE_ITALIC);
    } else {
      pango_font_description_set_weight(font.get(), weight_of(found->str()));
    }
  }
  return font;
}

/// Without rounding to pixels, as librsvg sets text.
PangoContext* exact_context() {
  PangoContext* const context = pango_font_map_create_context(pango_cairo_font_map_get_default());
  const Owned<cairo_font_options_t, cairo_font_options_destroy> options(cairo_font_options_create());
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context, options.get());
  pango_context_set_round_glyph_positions(context, FALSE);
  return context;
}

}  // namespace

double text_width(const char* font, const char* text) {
  static const Owned<PangoContext> context(exact_context());
  const Owned<PangoLayout> layout(pango_layout_new(context.get()));
  pango_layout_set_font_description(layout.get(), parse_font(font).get());
  pango_layout_set_text(layout.get(), text, /*length=*/-1);
  int width = 0;
  pango_layout_get_size(layout.get(), &width, nullptr);
  return static_cast<double>(width) / PANGO_SCALE;
}

}  // namespace mirrortune::draw
