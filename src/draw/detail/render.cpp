#include "draw/detail/render.h"

#include <cmath>
#include <new>

#include <cairo-pdf.h>
#include <cairo.h>
#include <librsvg/rsvg.h>

#include "base/error.h"

#include "draw/detail/owned.h"

namespace mirrortune::draw {
namespace {

using Surface = Owned<cairo_surface_t, cairo_surface_destroy>;

constexpr double kPointsPerPixel = 0.75;  ///< 72 and 96 of them make an inch

[[noreturn]] void fail(GError* error) {
  const std::string why = error ? error->message : "unknown error";
  g_clear_error(&error);
  throw DataError({.what = "cannot draw the figure", .why = why});
}

class Drawing {
 public:
  explicit Drawing(const std::string& svg) {
    const Owned<GInputStream> stream(
        g_memory_input_stream_new_from_data(svg.data(), static_cast<gssize>(svg.size()), nullptr));
    GError* error = nullptr;
    handle_.reset(rsvg_handle_new_from_stream_sync(
        stream.get(), /*base_file=*/nullptr, RSVG_HANDLE_FLAG_UNLIMITED, /*cancellable=*/nullptr, &error));
    if (!handle_) fail(error);
    if (!rsvg_handle_get_intrinsic_size_in_pixels(handle_.get(), &width_, &height_)) fail(nullptr);
  }

  double width() const { return width_; }
  double height() const { return height_; }

  /// Fills a surface on which each pixel of the SVG is `scale` long.
  void render(const Surface& surface, double scale) const {
    const Owned<cairo_t, cairo_destroy> context(cairo_create(surface.get()));
    const RsvgRectangle place{.x = 0, .y = 0, .width = width_ * scale, .height = height_ * scale};
    GError* error = nullptr;
    if (!rsvg_handle_render_document(handle_.get(), context.get(), &place, &error)) fail(error);
  }

 private:
  Owned<RsvgHandle> handle_;
  double width_ = 0, height_ = 0;
};

cairo_status_t append(void* text, const unsigned char* bytes, unsigned size) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), size);
  return CAIRO_STATUS_SUCCESS;
}

void check(cairo_status_t status) {
  if (status == CAIRO_STATUS_SUCCESS) return;
  if (status == CAIRO_STATUS_NO_MEMORY || status == CAIRO_STATUS_INVALID_SIZE) throw std::bad_alloc();
  throw DataError({.what = "cannot draw the figure", .why = cairo_status_to_string(status)});
}

}  // namespace

std::string pdf_of(const std::string& svg) {
  const Drawing drawing(svg);
  std::string pdf;
  const Surface surface(cairo_pdf_surface_create_for_stream(append, &pdf, drawing.width() * kPointsPerPixel,
                                                            drawing.height() * kPointsPerPixel));
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, "");
  drawing.render(surface, kPointsPerPixel);
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()));
  return pdf;
}

std::string png_of(const std::string& svg) {
  const Drawing drawing(svg);
  const Surface surface(cairo_image_surface_create(
      CAIRO_FORMAT_ARGB32, static_cast<int>(std::ceil(drawing.width() * kPngScale)),
      static_cast<int>(std::ceil(drawing.height() * kPngScale))));
  check(cairo_surface_status(surface.get()));
  drawing.render(surface, kPngScale);
  std::string png;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &png));
  return png;
}

}  // namespace mirrortune::draw
