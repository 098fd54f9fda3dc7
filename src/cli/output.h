#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "cli/globals.h"

namespace mirrortune::cli {

/// {"schema": 1, "command": …}: every document begins so.
Json new_document(const Globals& globals);

/// A result on stdout: the document with --json, else the text. Throws WriteError if stdout takes no more.
void print_result(const Globals& globals, const Json& document, const std::string& text);

/// Throws ExistsError if a file is there that may not be replaced.
void refuse_existing(const std::filesystem::path& output, bool force);

/// Columns padded to their widest cell, two spaces apart; numbers-like columns are not told apart. Cells are
/// made printable.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

/// What is to be said beside a result, a line each: "note: …".
std::string notes_text(const std::vector<std::string>& notes);

/// A number for people: 4 significant digits; "–" where it is not defined.
std::string short_number(double value);
/// "1.4 MiB".
std::string bytes_text(double bytes);

/// May stderr be coloured?
bool use_color(const Globals& globals);

/// The one way in which an error is told.
void print_error(const Globals& globals, ExitCode code, const ErrorText& text, const std::string& sentence);

}  // namespace mirrortune::cli
