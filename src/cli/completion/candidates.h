#pragma once

#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mirrortune::cli {

/// A word that may stand at the cursor.
struct Candidate {
  std::string word;
  std::string help;  ///< one line, may be empty
};

/// What may stand in place of the last of `words`, which is begun (or empty); the others stand between it and
/// the program's name. Subcommands; options where a dash is begun; values of options with a list of words,
/// and the names of networks and configuration keys. None where a file, a number or free text is expected.
std::vector<Candidate> candidates(const CLI::App& program, std::span<const std::string> words);

}  // namespace mirrortune::cli
