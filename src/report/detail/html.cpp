#include "report/detail/html.h"

#include "base/text.h"

namespace mirrortune::report {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string escape_lines(std::string_view text) {
  std::string escaped;
  for (const auto& line : split(text, '\n')) escaped += escape_html(line) + '\n';
  return escaped;
}

std::string script_json(const Json& document) {
  const std::string json = document.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string escape_address(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._/~";
  std::string escaped;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kDigits[byte >> 4];
      escaped += kDigits[byte & 15];
    }
  }
  return escaped;
}

std::string HtmlTable::html() const {
  const auto column_class = [&](std::size_t column, const std::string& mark) {
    const std::string kind = column < text_columns ? "text" : "number";
    return " class=\"" + kind + (mark.empty() ? "" : " " + mark) + "\"";
  };
  std::string out = "<div class=\"table-box\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                    escape_html(caption) + "\">\n<table" + (sortable ? " class=\"sortable\"" : "") +
                    ">\n<caption><span>" + escape_html(caption) + "</span></caption>\n<thead><tr>";
  for (std::size_t i = 0; i < head.size(); ++i) {
    out += "<th scope=\"col\"" + column_class(i, "") + ">" + escape_html(head[i]) + "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string tag = i == 0 ? "th" : "td";
      out += "<" + tag + (i == 0 ? " scope=\"row\"" : "") + column_class(i, row[i].mark) + ">" +
             escape_html(row[i].text) + "</" + tag + ">";
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

}  // namespace mirrortune::report
