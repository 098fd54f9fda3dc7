#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/text.h"

namespace mirrortune::cli {

/// For an option whose value is an enumerator: only these words, each for what it stands for. (CLI11's
/// CheckedTransformer also takes the enumerators' numbers, and lists them in the help.)
template <class Enumerator>
CLI::Validator one_of(std::map<std::string, Enumerator> meanings) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : meanings) words.push_back(word);
  const std::string listed = "{" + join(words, ",") + "}";
  const auto replace = [meanings = std::move(meanings), listed](std::string& text) -> std::string {
    const auto found = meanings.find(text);
    if (found == meanings.end()) return printable(text) + " not in " + listed;
    text = std::to_string(static_cast<int>(found->second));
    return "";
  };
  return CLI::Validator(replace, listed);
}

}  // namespace mirrortune::cli
