#pragma once

#include <filesystem>
#include <string>

namespace mirrortune::cli {

/// Becomes the program libexec/mirrortune-NAME beside this one with the same arguments; open descriptors
/// without O_CLOEXEC, the run's lock among them, go along. Throws MissingError or PermissionError if it
/// cannot be started; else does not return.
[[noreturn]] void exec_program(const std::string& name, char** argv);

/// The path of the light program, seen from one of these.
std::filesystem::path light_program();

}  // namespace mirrortune::cli
