#include "report/detail/page.h"

#include "report/detail/embedded.h"
#include "report/detail/html.h"
#include "report/detail/page_data.h"
#include "report/detail/sections.h"

namespace mirrortune::report {
namespace {

std::string title_of(const RunData& data) {
  std::vector<std::string> names;
  for (const auto& run : data.runs) names.push_back(run.name);
  return list_in_words(names);
}

std::string head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
         "dark\">\n<meta name=\"generator\" content=\"mirrortune\">\n"
         // Nothing may be fetched, whatever a name in the data says.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data:\">\n<title>" +
         escape_html(title) + " – mirrortune report</title>\n<style>\n" + std::string(page_style()) +
         "</style>\n</head>\n";
}

std::string navigation() {
  constexpr std::string_view kPlaces[][2] = {{"own", "Own potential"},    {"others", "Other potentials"},
                                             {"histogram", "Histograms"}, {"layers", "Layers"},
                                             {"geometry", "Geometry"},    {"magnitude", "Magnitude"},
                                             {"training", "Training"},    {"search", "Learning rate"},
                                             {"tables", "Tables"},        {"origin", "Configuration"}};
  std::string out = "<nav aria-label=\"Contents\"><ul>\n";
  for (const auto& [id, name] : kPlaces) {
    out += "<li><a href=\"#" + std::string(id) + "\">" + std::string(name) + "</a></li>\n";
  }
  return out + "</ul></nav>\n";
}

}  // namespace

std::string make_page(const RunData& data, const std::vector<Figure>& figures, const FigureTables& tables,
                      const std::string& files) {
  const std::vector<Verdict> verdicts = judge(data);
  const PageData page_data = make_page_data(data, figures, tables);
  const PageParts parts{
      .data = data, .figures = figures, .verdicts = verdicts, .files = files, .note = page_data.note};
  const std::string title = title_of(data);
  std::string page = head(title);
  page +=
      "<body>\n<a class=\"skip\" href=\"#summary\">Skip to the result</a>\n<a class=\"skip\" "
      "href=\"#tables\">Skip to the tables</a>\n<header><p class=\"kind\">mirrortune report</p>\n<h1>" +
      escape_html(title) + "</h1>\n</header>\n<main>\n";
  page += summary_section(parts) + navigation();
  page +=
      "<noscript><p class=\"note\">The charts are drawn by this page's own script, which is switched off "
      "in this browser. The tables below are complete without it.</p></noscript>\n";
  page += geometry_sections(parts) + training_sections(parts) + table_sections(parts) + origin_section(parts);
  page += "</main>\n<script type=\"application/json\" id=\"page-data\">" + script_json(page_data.json) +
          "</script>\n";
  page += "<script>\n" + std::string(vega_bundle()) + "</script>\n<script>\n" + std::string(page_script()) +
          "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace mirrortune::report
