#pragma once

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

}  // namespace mirrortune::report
