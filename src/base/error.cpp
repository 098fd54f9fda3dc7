#include "base/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace mirrortune {
namespace {

void append_sentence(std::string& sentence, const std::string& part) {
  if (part.empty()) return;
  sentence += sentence.empty() ? "" : ". ";
  sentence += part;
}

std::string make_sentence(const ErrorText& text) {
  std::string sentence = text.what;
  if (!text.where.empty()) sentence += (sentence.empty() ? "" : " ") + text.where;
  if (!text.why.empty()) sentence += ": " + text.why;
  append_sentence(sentence, text.safe);
  append_sentence(sentence, text.todo);
  if (!sentence.empty() && sentence.back() != '.') sentence += '.';
  return sentence;
}

}  // namespace

Error::Error(ExitCode code, ErrorText text)
    : code_(code), text_(std::move(text)), sentence_(make_sentence(text_)) {}

void throw_read_error(const std::string& what, const std::string& path, int error_number) {
  ErrorText text{.what = what, .where = path, .why = std::strerror(error_number)};
  if (error_number == ENOENT || error_number == ENOTDIR) throw MissingError(std::move(text));
  if (error_number == EACCES || error_number == EPERM) throw PermissionError(std::move(text));
  throw DataError(std::move(text));
}

void throw_write_error(const std::string& what, const std::string& path, int error_number) {
  ErrorText text{.what = what,
                 .where = path,
                 .why = std::strerror(error_number),
                 .safe = "No half-written file was left"};
  if (error_number == EACCES || error_number == EPERM) throw PermissionError(std::move(text));
  if (error_number == EEXIST) throw ExistsError(std::move(text));
  throw WriteError(std::move(text));
}

void throw_internal_error(const char* condition, const char* file, int line) {
  throw Error(ExitCode::internal, {.what = "internal error at",
                                   .where = std::string(file) + ":" + std::to_string(line),
                                   .why = std::string("the condition ") + condition + " does not hold",
                                   .todo = "This is a bug of mirrortune: please report it"});
}

}  // namespace mirrortune
