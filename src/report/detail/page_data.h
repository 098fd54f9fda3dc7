#pragma once

#include <string>
#include <vector>

#include "report/detail/figures.h"

namespace mirrortune::report {

/// What the page's script draws from.
struct PageData {
  Json json;         ///< see page/page.js
  std::string note;  ///< what was left out to keep the page small, as a sentence; empty if nothing was
};

/// Largest size of the layers' statistics and histograms in the page; beyond it only one seed's are embedded,
/// and beyond it again none.
constexpr std::size_t kLayerBytes = 2'500'000;

PageData make_page_data(const RunData& data, const std::vector<Figure>& figures, const FigureTables& tables,
                        std::size_t layer_bytes = kLayerBytes);

}  // namespace mirrortune::report
