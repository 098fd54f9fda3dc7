#include "report/detail/frame.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "report/detail/embedded.h"
#include "report/detail/html.h"
#include "report/detail/theme.h"

namespace mirrortune::report {
namespace {

std::string head(const PageFrame& frame) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
         "dark\">\n<meta name=\"generator\" content=\"mirrortune\">\n"
         // Nothing may be fetched, whatever a name in the data says.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data:\">\n<title>" +
         escape_html(frame.title + " – " + frame.kind) + "</title>\n<style>\n" + std::string(page_style()) +
         "</style>\n</head>\n";
}

std::string navigation(const std::vector<std::pair<std::string, std::string>>& places) {
  std::string out = "<nav aria-label=\"Contents\"><ul>\n";
  for (const auto& [id, name] : places) {
    out += "<li><a href=\"#" + id + "\">" + escape_html(name) + "</a></li>\n";
  }
  return out + "</ul></nav>\n";
}

std::string downloads(const std::string& files, const Figure& figure) {
  return fmt::format(
      "<p class=\"files\">To restyle it: <a href=\"{0}{1}.vl.json\">{1}.vl.json</a> (Vega-Lite), its "
      "rows: <a href=\"{0}data/{2}.csv\">{2}.csv</a></p>\n",
      files, figure.name, figure.table);
}

}  // namespace

std::string PageFrame::html() const {
  std::string page = head(*this);
  page +=
      "<body>\n<a class=\"skip\" href=\"#summary\">Skip to the result</a>\n<a class=\"skip\" "
      "href=\"#tables\">Skip to the tables</a>\n<header><p class=\"kind\">" +
      escape_html(kind) + "</p>\n<h1>" + escape_html(title) + "</h1>\n</header>\n<main>\n";
  page += summary + navigation(places);
  page +=
      "<noscript><p class=\"note\">The charts are drawn by this page's own script, which is switched off "
      "in this browser. The tables below are complete without it.</p></noscript>\n";
  page += sections + "</main>\n<script type=\"application/json\" id=\"page-data\">" + script_json(data) +
          "</script>\n";
  page += "<script>\n" + std::string(vega_bundle()) + "</script>\n<script>\n" + std::string(page_script()) +
          "</script>\n</body>\n</html>\n";
  return page;
}

std::string paragraph(const std::string& text, const std::string& mark) {
  return "<p" + (mark.empty() ? "" : " class=\"" + mark + "\"") + ">" + escape_html(text) + "</p>\n";
}

std::string open_section(const std::string& id, const std::string& title) {
  return "<section id=\"" + id + "\" aria-labelledby=\"" + id + "-title\">\n<h2 id=\"" + id + "-title\">" +
         title + "</h2>\n";
}

std::string section(const std::string& id, const std::string& title, const std::string& content) {
  return open_section(id, title) + content + "</section>\n";
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "<ul>\n";
  for (const auto& text : texts) out += "<li>" + escape_html(text) + "</li>\n";
  return out + "</ul>\n";
}

std::string notes_html(const std::vector<std::string>& notes) {
  return notes.empty() ? "" : "<h3>Notes</h3>\n" + list_of(notes);
}

bool Charts::has(const std::string& name) const {
  return std::ranges::find(figures, name, &Figure::name) != figures.end();
}

std::string Charts::html(const std::string& name, const std::string& caption, CaptionPlace place) const {
  const Figure& figure = *std::ranges::find(figures, name, &Figure::name);
  std::string out = std::string("<figure class=\"") + (place == CaptionPlace::beside ? "beside" : "below") +
                    "\" data-figure=\"" + name + "\">\n<div class=\"drawing\">\n";
  out += "<div class=\"controls\"></div>\n<div class=\"legend\"></div>\n";
  out += "<div class=\"panels\" role=\"img\" aria-label=\"" + escape_html(figure.title) +
         ". The caption says how to read it.\"></div>\n</div>\n";
  return out + "<figcaption>" + caption + "\n" + downloads(files, figure) + "</figcaption>\n</figure>\n";
}

void FiguresPage::write(const std::filesystem::path& output,
                        const std::function<PageFrame(const Charts&)>& page_of) const {
  const auto folder = FigureFolder::of_page(output);
  PageFrame page = page_of({.figures = figures, .files = folder.address});
  Json columns = Json::object();
  for (const auto& [name, table] : tables) columns[name] = columns_json(table);
  page.data = {{"config", chart_config(page_theme())},
               {"figures", figures_json(figures)},
               {"tables", std::move(columns)}};
  if (legends == ChartLegends::none) page.data["config"]["legend"] = {{"disable", true}};
  folder.write(figures, tables);
  write_file(output, page.html());
}

}  // namespace mirrortune::report
