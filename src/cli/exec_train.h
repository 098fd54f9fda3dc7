#pragma once

#include <filesystem>

namespace mirrortune::cli {

/// Becomes the training program (libexec/mirrortune-train beside this one) with the same arguments; open
/// descriptors without O_CLOEXEC, the run's lock among them, go along. Throws MissingError or PermissionError
/// if it cannot be started; else does not return.
[[noreturn]] void exec_train(char** argv);

/// The path of the light program, seen from the training program.
std::filesystem::path light_program();

}  // namespace mirrortune::cli
