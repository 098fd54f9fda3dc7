#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/app.h"
#include "cli/completion/candidates.h"
#include "cli/completion/scripts.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

void declare_script(CLI::App& group, Session& session, const std::string& shell, const char* script) {
  CLI::App* command = add_command(group, shell, "The script for " + shell, "mirrortune completion " + shell);
  on_parsed(*command, session, [script](const Globals& globals) {
    Json document = new_document(globals);
    document["script"] = script;
    print_result(globals, document, script);
    return ExitCode::ok;
  });
}

/// What the scripts call: a line for each word, with its help after a tab.
void declare_candidates(CLI::App& group, Session& session, const CLI::App& program) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = add_command(group, "candidates", "What may follow some words",
                                  "mirrortune completion candidates -- weights ver");
  command->group("");  // not in the help
  command->add_option("words", *words, "Words after the program's name; the last one is begun");
  on_parsed(*command, session, [=, &program](const Globals& globals) {
    Json document = new_document(globals);
    document["candidates"] = Json::array();
    std::string text;
    for (const auto& [word, help] : candidates(program, *words)) {
      document["candidates"].push_back({{"word", word}, {"help", help}});
      text += word + (help.empty() ? "" : "\t" + help) + "\n";
    }
    print_result(globals, document, text);
    return ExitCode::ok;
  });
}

}  // namespace

void declare_completion(CLI::App& app, Session& session) {
  CLI::App* group = add_command(app, "completion", "A script with which the Tab key completes command lines",
                                "mirrortune completion bash >> ~/.bash_completion\n"
                                "mirrortune completion zsh > ~/.zfunc/_mirrortune\n"
                                "mirrortune completion fish | source");
  group->require_subcommand(1);
  declare_script(*group, session, "bash", kBashCompletion);
  declare_script(*group, session, "zsh", kZshCompletion);
  declare_script(*group, session, "fish", kFishCompletion);
  declare_candidates(*group, session, app);
}

}  // namespace mirrortune::cli
