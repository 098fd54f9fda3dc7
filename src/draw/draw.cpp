#include "draw/draw.h"

#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"

#include "draw/detail/render.h"
#include "draw/detail/vega.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// The specification with the rows of its table inside.
Json read_spec(const fs::path& path) {
  Json spec = read_json(path);
  Json& data = spec["data"];
  if (data.contains("url")) {
    data["values"] = read_text_file(path.parent_path() / data.at("url").get<std::string>());
    data.erase("url");
  }
  return spec;
}

/// NAME.vl.json as NAME.<extension>.
fs::path drawing_of(const fs::path& spec, const char* extension) {
  return fs::path(spec).replace_extension().replace_extension(extension);
}

fs::path write_drawing(const fs::path& spec, const std::string& svg, FigureFormat format) {
  fs::path path;
  switch (format) {
    case FigureFormat::svg:
      write_file(path = drawing_of(spec, ".svg"), svg);
      break;
    case FigureFormat::pdf:
      write_file(path = drawing_of(spec, ".pdf"), draw::pdf_of(svg));
      break;
    case FigureFormat::png:
      write_file(path = drawing_of(spec, ".png"), draw::png_of(svg));
      break;
  }
  return path;
}

}  // namespace

std::vector<fs::path> draw_figures(const std::vector<fs::path>& specs,
                                   const std::vector<FigureFormat>& formats) {
  std::vector<fs::path> drawings;
  for (const fs::path& spec : specs) {
    if (stop_requested()) {
      throw StoppedError({.what = "stopped on request",
                          .safe = "The figures drawn so far are whole",
                          .todo = "Repeat the same command"});
    }
    const std::string svg = draw::svg_of(read_spec(spec), spec.string());
    for (const FigureFormat format : formats) drawings.push_back(write_drawing(spec, svg, format));
  }
  return drawings;
}

}  // namespace mirrortune
