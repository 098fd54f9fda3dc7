#include "draw/draw.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>

#include <cairo.h>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "support/count.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using test::count;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Three red bars over a table beside the specification; the plot fills a rectangle of 90 × 60 pixels.
Json bars() {
  return {{"$schema", "https://vega.github.io/schema/vega-lite/v5.json"},
          {"data", {{"url", "data/bars.csv"}, {"format", {{"type", "csv"}}}}},
          {"width", 90},
          {"height", 60},
          {"padding", 0},
          {"mark", {{"type", "bar"}, {"color", "#ff0000"}}},
          {"encoding",
           {{"x", {{"field", "name"}, {"type", "nominal"}, {"axis", nullptr}, {"scale", {{"padding", 0}}}}},
            {"y", {{"field", "height"}, {"type", "quantitative"}, {"axis", nullptr}}}}}};
}

class Draw : public testing::Test {
 protected:
  Draw() {
    make_folder(folder_ / "data");
    write_file(folder_ / "data/bars.csv", std::string_view("name,height\na,1\nb,2\nc <&>,4\n"));
  }
  fs::path write(const std::string& name, const Json& spec) {
    write_json(folder_ / name, spec);
    return folder_ / name;
  }
  std::string drawn(const Json& spec, FigureFormat format = FigureFormat::svg) {
    return read_text_file(draw_figures({write("one.vl.json", spec)}, {format}).at(0));
  }

  TemporaryFolder folder_;
};

TEST_F(Draw, WritesEachFormatBesideTheSpecification) {
  const auto drawings = draw_figures({write("a.b.vl.json", bars()), write("c.vl.json", bars())},
                                     {FigureFormat::pdf, FigureFormat::svg, FigureFormat::png});
  EXPECT_THAT(drawings, ElementsAre(folder_ / "a.b.pdf", folder_ / "a.b.svg", folder_ / "a.b.png",
                                    folder_ / "c.pdf", folder_ / "c.svg", folder_ / "c.png"));
  EXPECT_THAT(read_text_file(drawings[0]), testing::StartsWith("%PDF-1."));
  EXPECT_THAT(read_text_file(drawings[1]), testing::StartsWith("<svg xmlns="));
  EXPECT_THAT(read_text_file(drawings[2]), testing::StartsWith("\x89PNG"));
}

TEST_F(Draw, ReadsTheTableOfTheSpecification) {
  const std::string svg = drawn(bars());
  EXPECT_EQ(count(svg, "aria-roledescription=\"bar\""), 3u);
  EXPECT_THAT(svg, HasSubstr("c &lt;&amp;&gt;"));
}

TEST_F(Draw, PaintsThePixels) {
  drawn(bars(), FigureFormat::png);
  const std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> image(
      cairo_image_surface_create_from_png((folder_ / "one.png").c_str()), cairo_surface_destroy);
  ASSERT_EQ(cairo_surface_status(image.get()), CAIRO_STATUS_SUCCESS);
  EXPECT_EQ(cairo_image_surface_get_width(image.get()), 270);
  EXPECT_EQ(cairo_image_surface_get_height(image.get()), 180);
  const auto pixel = [&](int x, int y) {
    std::uint32_t colour = 0;
    std::memcpy(
        &colour,
        cairo_image_surface_get_data(image.get()) + y * cairo_image_surface_get_stride(image.get()) + 4 * x,
        sizeof colour);
    return colour & 0xFFFFFFu;
  };
  // Bars of a quarter, a half and all of the height.
  EXPECT_EQ(pixel(45, 178), 0xFF0000u);
  EXPECT_EQ(pixel(45, 130), 0xFFFFFFu);
  EXPECT_EQ(pixel(135, 95), 0xFF0000u);
  EXPECT_EQ(pixel(135, 85), 0xFFFFFFu);
  EXPECT_EQ(pixel(225, 2), 0xFF0000u);
}

TEST_F(Draw, MakesPagesOfTheFiguresSizeWithTextAndWithoutATime) {
  Json spec = bars();
  spec["title"] = "Three bars";
  const std::string pdf = drawn(spec, FigureFormat::pdf);
  EXPECT_THAT(pdf, AllOf(HasSubstr("/FontFile"), Not(HasSubstr("/CreationDate"))));
  EXPECT_THAT(drawn(bars(), FigureFormat::pdf), HasSubstr("/MediaBox [ 0 0 67.5 45 ]"));
}

TEST_F(Draw, GivesTheSameBytesWhateverWasDrawnBefore) {
  Json clipped = bars();
  clipped["mark"]["clip"] = true;  // clips are numbered
  const auto first = write("first.vl.json", clipped), second = write("second.vl.json", clipped);
  for (const FigureFormat format : {FigureFormat::svg, FigureFormat::pdf, FigureFormat::png}) {
    const auto drawings = draw_figures({first, second}, {format});
    EXPECT_EQ(read_text_file(drawings[0]), read_text_file(drawings[1]));
  }
}

TEST_F(Draw, LeavesRoomForTheTextAsItIsSet) {
  const auto width_with_label = [&](const std::string& label) {
    Json spec = bars();
    spec["encoding"]["y"]["axis"] = {{"title", nullptr}, {"labelExpr", "'" + label + "'"}};
    const std::string svg = drawn(spec);
    return std::stod(svg.substr(svg.find(" width=\"") + 8));
  };
  EXPECT_GT(width_with_label("mmmmmmmm"), width_with_label("iiiiiiii") + 20);
}

TEST_F(Draw, PassesTranslucenceToThePaintOfShapesWithOne) {
  Json spec = bars();
  spec["mark"]["opacity"] = 0.5;
  EXPECT_THAT(drawn(spec), AllOf(HasSubstr("fill-opacity=\"0.5\""), Not(HasSubstr(" opacity=\"0.5\""))));
  spec["mark"]["stroke"] = "#000000";
  EXPECT_THAT(drawn(spec), AllOf(HasSubstr(" opacity=\"0.5\""), Not(HasSubstr("fill-opacity=\"0.5\""))));
}

TEST_F(Draw, RefusesWhatIsNoFigure) {
  EXPECT_THROW(draw_figures({folder_ / "none.vl.json"}, {FigureFormat::svg}), MissingError);
  Json spec = bars();
  spec["mark"] = "no such mark";
  EXPECT_THAT([&] { drawn(spec); },
              ::testing::ThrowsMessage<DataError>(AllOf(HasSubstr("one.vl.json"), HasSubstr("TypeError"))));
  spec = bars();
  spec["data"]["url"] = "data/none.csv";
  EXPECT_THROW(drawn(spec), MissingError);
  EXPECT_FALSE(fs::exists(folder_ / "one.svg"));
}

}  // namespace
}  // namespace mirrortune
