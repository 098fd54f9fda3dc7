#include "base/json.h"

#include <cmath>

#include "base/error.h"
#include "base/file.h"

namespace mirrortune {

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw DataError({.what = "cannot read", .where = path.string(), .why = error.what()});
  }
}

void write_json(const std::filesystem::path& path, const Json& document) {
  write_file(path, to_text(document));
}

std::string to_text(const Json& document) {
  return document.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mirrortune
