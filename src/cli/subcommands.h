#pragma once

#include <vector>

#include <CLI/CLI.hpp>

namespace mirrortune::cli {

/// The subcommands that are named to people, as in the help: all but those of the group "".
inline std::vector<const CLI::App*> listed_subcommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

}  // namespace mirrortune::cli
