#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace mirrortune::report {

/// Text made safe for HTML content and quoted attributes; control characters and invalid UTF-8 made visible.
std::string escape_html(std::string_view text);
/// The same with line ends kept, for <pre>.
std::string escape_lines(std::string_view text);
/// JSON made safe for a <script> element of the page.
std::string script_json(const Json& document);
/// A relative address from a file name: everything but letters, digits and - . _ / ~ is %-encoded.
std::string escape_address(std::string_view path);

/// A cell of a table: text (not HTML) and a class that says what it stands for.
struct Cell {
  std::string text;
  std::string mark = {};  ///< CSS class; empty: none
};

/// A table with a caption, a head and a first column of row heads, in a box that scrolls sideways by itself.
struct HtmlTable {
  std::string caption;
  std::vector<std::string> head;
  std::vector<std::vector<Cell>> rows;
  std::size_t text_columns = 1;  ///< the first so many are text, the others numbers aligned right
  bool sortable = false;         ///< by a press on a column's head, where the script runs

  std::string html() const;
};

}  // namespace mirrortune::report
