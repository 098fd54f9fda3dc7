#include "analysis/detail/evaluation_notes.h"

#include <cmath>

#include "analysis/detail/row_sums.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

/// Of the layers stored in 16 bits.
void add_rounding_note(const LayerPairs& pairs, const std::vector<LayerSums>& layers,
                       std::vector<std::string>& notes) {
  constexpr double kManyUnchanged = 0.15;
  Rounding rounding;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (is_stored_in_16_bits(pairs.layers()[i])) rounding.merge(layers[i].rounding);
  }
  const bool small = 2 * rounding.below_ulp > rounding.measured;
  if (!small && !(rounding.unchanged_share() > kManyUnchanged)) return;
  notes.push_back("rounding dominates: " + std::to_string(std::lround(100 * rounding.unchanged_share())) +
                  " % of the weights stored in 16 bits are unchanged, and the median change is " +
                  (small ? "below" : "at least") +
                  " one unit in the last place: distances and moments are those of the rounded changes");
}

std::string counted(std::int64_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace

void add_evaluation_notes(const LayerPairs& pairs, const std::vector<LayerSums>& layers,
                          std::span<const Potential> potentials, std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i];
    const std::string name = "layer " + printable(pairs.layers()[i].name) + ": ";
    if (layer.nonfinite > 0) {
      notes.push_back(name + counted(layer.nonfinite, "weight is", "weights are") +
                      " not finite in one of the two files and left out");
    }
    std::vector<std::string> undefined, overflowing;
    for (std::size_t k = 0; k < potentials.size(); ++k) {
      const auto& potential = potentials[k];
      const auto known =
          pairs.layers()[i].elements - layer.nonfinite - (zero_is_singular(potential) ? layer.zeros : 0);
      if (layer.changes[k].moments.n < known) overflowing.push_back(to_text(potential));
      if (!is_defined(layer, k)) undefined.push_back(to_text(potential));
    }
    if (!overflowing.empty()) {
      notes.push_back(name + "changes beyond the range of double are left out under " +
                      join(overflowing, ", "));
    }
    if (!undefined.empty()) {
      notes.push_back(name + "its changes do not differ from each other under " + join(undefined, ", ") +
                      ", so that ΔCDF, W1, skew and kurtosis are undefined");
    }
  }
  add_rounding_note(pairs, layers, notes);
}

}  // namespace mirrortune::detail
