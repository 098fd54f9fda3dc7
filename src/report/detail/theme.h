#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace mirrortune::report {

/// The colours that a chart needs: texts in whatever form the place understands.
struct Theme {
  std::string paper, ink, muted, grid, floor, accent;
  std::string font;
  std::vector<std::string>
      series;  ///< one per potential trained with, told apart by colour-blind readers too
};

/// Literal colours, for a specification that stands alone on white.
const Theme& standalone_theme();
/// The page's CSS variables, so that the charts follow light, dark and print without being drawn again.
const Theme& page_theme();

/// The Vega-Lite `config`. The marks name its styles: `floor`, `sampling_floor`, `seed`, `mean`, `line`,
/// `own`, `winner`, `lost`, `bar`, `normal`; of identifications `curve`, `interval`, `estimate`, `candidate`,
/// `name`, `pair`, `quantile`; of spine volumes `point_mass`.
Json chart_config(const Theme& theme);

}  // namespace mirrortune::report
