#pragma once

#include <filesystem>
#include <vector>

namespace mirrortune {

/// Files that a figure can be drawn as.
enum class FigureFormat {
  svg,  ///< lengths in CSS pixels of 1/96 inch
  pdf,  ///< the same lengths, on a page of the figure's size
  png   ///< three pixels by three for each of these
};

/// Draws Vega-Lite specifications, NAME.vl.json each, as NAME.svg, NAME.pdf and NAME.png beside them. The
/// tables that they name are read from where they lie. Text is set in the fonts of this machine; with the
/// same ones, the same specification and tables give the same bytes.
///
/// Returns the files in the order of `specs`, for each in the order of `formats`. Throws MissingError for a
/// file that is not there, DataError for a specification that cannot be drawn, WriteError or PermissionError
/// where a drawing cannot be written, Error (71) under a limit of the address space below 8 GiB, StoppedError
/// between two figures once a stop was asked for.
std::vector<std::filesystem::path> draw_figures(const std::vector<std::filesystem::path>& specs,
                                                const std::vector<FigureFormat>& formats);

}  // namespace mirrortune
