#include <algorithm>
#include <regex>

#include <gtest/gtest.h>

#include "base/file.h"
#include "report/report.h"
#include "support/paths.h"

#include "draw/draw.h"
#include "sample_run.h"

namespace mirrortune {
namespace {

/// Shapes that stand for rows of a table, not those of axes and legends.
std::ptrdiff_t marks(const std::string& svg) {
  static const std::regex mark(
      R"re(<(path|line) [^>]*aria-roledescription="(bar|point|circle|(rect|rule|line|area) mark))re");
  return std::distance(std::sregex_iterator(svg.begin(), svg.end(), mark), std::sregex_iterator());
}

TEST(DrawReport, DrawsEveryFigure) {
  const test::TemporaryFolder folder;
  test::make_analysed_run(folder / "run");
  const auto specs = write_report({folder / "run"}, folder / "page.html");
  ASSERT_GE(specs.size(), 10u);
  for (const auto& drawing : draw_figures(specs, {FigureFormat::svg})) {
    EXPECT_GE(marks(read_text_file(drawing)), 3) << drawing;
  }
}

}  // namespace
}  // namespace mirrortune
