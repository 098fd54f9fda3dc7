#include "cli/completion/candidates.h"

#include <algorithm>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/subcommands.h"
#include "cli/value_types.h"
#include "config/reference.h"
#include "models/names.h"

namespace mirrortune::cli {
namespace {

/// What the words so far lead to.
struct Place {
  const CLI::App* command;
  const CLI::Option* option = nullptr;  ///< whose value comes next
  std::size_t positionals = 0;          ///< that stand there
  bool only_positionals = false;        ///< "--" was passed
};

/// The command's own option or one that it inherits, by "--name" or "-n"; none if there is no such option.
const CLI::Option* find_option(const CLI::App* command, const std::string& name) {
  for (; command; command = command->get_parent()) {
    if (const CLI::Option* option = command->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

int values_of(const CLI::Option& option) {
  return option.get_type_size_max() == 0 ? 0 : std::max(1, option.get_items_expected_min());
}

const CLI::App* find_subcommand(const CLI::App& command, const std::string& name) {
  for (const CLI::App* sub : listed_subcommands(command)) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

Place place_after(const CLI::App& program, std::span<const std::string> words) {
  Place place{.command = &program};
  int values_left = 0;
  for (const std::string& word : words) {
    if (values_left > 0) {
      if (--values_left == 0) place.option = nullptr;
    } else if (!place.only_positionals && word == "--") {
      place.only_positionals = true;
    } else if (!place.only_positionals && word.size() > 1 && word.front() == '-') {
      const CLI::Option* option = find_option(place.command, word);
      values_left = option ? values_of(*option) : 0;
      if (values_left > 0) place.option = option;
    } else if (const CLI::App* sub = find_subcommand(*place.command, word)) {
      place.command = sub;
    } else {
      ++place.positionals;
    }
  }
  return place;
}

/// The words of "TEXT:{auto,always,never}".
std::vector<std::string> words_of(const std::string& type) {
  const auto begin = type.find('{');
  const auto end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return split(type.substr(begin + 1, end - begin - 1), ',');
}

std::vector<Candidate> values(const CLI::Option& option) {
  std::vector<Candidate> found;
  const std::string type = option.get_type_name();
  if (type == kOverrideValue) {
    for (const ConfigKey& key : config_keys()) found.push_back({key.name + "=", key.help});
  } else if (type == kNetworkValue) {
    for (const auto network : kNetworkNames) found.push_back({std::string(network), ""});
  }
  for (const std::string& word : words_of(type)) found.push_back({word, ""});
  return found;
}

std::vector<Candidate> options(const CLI::App* command) {
  std::vector<Candidate> found;
  for (; command; command = command->get_parent()) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        const bool is_known = std::ranges::count(found, "--" + name, &Candidate::word) > 0;  // --help
        if (!is_known) found.push_back({"--" + name, option->get_description()});
      }
    }
  }
  return found;
}

std::vector<Candidate> subcommands(const CLI::App& command) {
  std::vector<Candidate> found;
  for (const CLI::App* sub : listed_subcommands(command)) {
    found.push_back({sub->get_name(), sub->get_description()});
  }
  return found;
}

/// The positional that comes after so many; the last one, if it takes any number. None if there is no more.
const CLI::Option* next_positional(const CLI::App& command, std::size_t count) {
  const CLI::Option* last = nullptr;
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    if (count-- == 0) return option;
    last = option;
  }
  return last && last->get_allow_extra_args() ? last : nullptr;
}

std::vector<Candidate> all_candidates(const Place& place, const std::string& begun) {
  if (place.option) return values(*place.option);
  if (!place.only_positionals && begun.starts_with('-')) return options(place.command);
  auto found = place.positionals == 0 ? subcommands(*place.command) : std::vector<Candidate>();
  const CLI::Option* positional = next_positional(*place.command, place.positionals);
  return found.empty() && positional ? values(*positional) : found;
}

}  // namespace

std::vector<Candidate> candidates(const CLI::App& program, std::span<const std::string> words) {
  const std::string begun = words.empty() ? "" : words.back();
  const auto before = words.first(words.empty() ? 0 : words.size() - 1);
  auto found = all_candidates(place_after(program, before), begun);
  std::erase_if(found, [&](const Candidate& candidate) { return !candidate.word.starts_with(begun); });
  for (Candidate& candidate : found) std::ranges::replace(candidate.help, '\n', ' ');
  return found;
}

}  // namespace mirrortune::cli
