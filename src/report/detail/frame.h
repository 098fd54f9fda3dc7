#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "report/detail/figure.h"

/// What every page has around and between what it says.
namespace mirrortune::report {

/// A whole page.
struct PageFrame {
  std::string kind;                                         ///< over the title: "mirrortune report"
  std::string title;                                        ///< text
  std::string summary;                                      ///< HTML, the section of id `summary`
  std::vector<std::pair<std::string, std::string>> places;  ///< of the contents: ids and names of sections
  std::string sections;  ///< HTML, those after the contents; one has the id `tables`
  Json data;             ///< what the script draws from: see page/page.js

  std::string html() const;
};

/// A paragraph of text with a CSS class (none if it is empty).
std::string paragraph(const std::string& text, const std::string& mark = "");
/// The start of a section with its heading; `title` is our own HTML.
std::string open_section(const std::string& id, const std::string& title);

/// A whole section; `content` is HTML.
std::string section(const std::string& id, const std::string& title, const std::string& content);
/// Texts as a list; as the one under the head "Notes", or nothing without notes.
std::string list_of(const std::vector<std::string>& texts);
std::string notes_html(const std::vector<std::string>& notes);

/// Where a chart's caption stands on a wide screen.
enum class CaptionPlace { beside, below };

/// The figures of a page, and how it shows them.
struct Charts {
  const std::vector<Figure>& figures;
  std::string files;  ///< address of the folder of the specifications, as FigureFolder

  bool has(const std::string& name) const;
  /// A chart with its caption, which is our own HTML, and links to its files.
  std::string html(const std::string& name, const std::string& caption, CaptionPlace place) const;
};

/// Who keys the colours: the page's captions, or the charts themselves.
enum class ChartLegends { none, shown };

/// Writes a page that has all rows of its figures in it, and the figures' files beside it. `page_of` makes
/// all of the page but its data.
struct FiguresPage {
  std::vector<Figure> figures;
  FigureTables tables;
  ChartLegends legends = ChartLegends::none;

  void write(const std::filesystem::path& output,
             const std::function<PageFrame(const Charts&)>& page_of) const;
};

}  // namespace mirrortune::report
