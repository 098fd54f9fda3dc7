#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/sha256.h"
#include "base/shell.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/value_types.h"
#include "config/weights_store.h"
#include "fetch/fetch.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

struct PullArguments {
  std::string name;
  fs::path to;  ///< folder; empty: weights_folder()
  bool force = false;
  bool offline = false;
  std::string address;  ///< in place of the published one; empty: that
};

/// The file that a pull ended with.
struct Pulled {
  fs::path path;
  std::string sha256;
  std::string state;  ///< "downloaded", "already there" or "in PyTorch's hub folder"
};

const WeightsEntry& published(const std::string& name) {
  if (const WeightsEntry* entry = find_weights(name)) return *entry;
  std::vector<std::string> names;
  for (const WeightsEntry& entry : all_weights()) names.push_back(entry.network);
  const auto close = nearest(name, names);
  throw UsageError({.what = "wrong command line",
                    .why = "no published weights are called '" + printable(name) + "'" +
                           (close ? "; did you mean '" + *close + "'?" : ""),
                    .todo = "`mirrortune weights ls` lists the names"});
}

/// One `weights pull`.
class Pull {
 public:
  Pull(const Globals& globals, const PullArguments& arguments)
      : globals_(globals),
        arguments_(arguments),
        entry_(published(arguments.name)),
        file_(entry_.files.front()),
        target_((arguments.to.empty() ? weights_folder() : arguments.to) / file_.name),
        progress_(globals) {}

  ExitCode run() {
    std::optional<Pulled> pulled;
    if (!arguments_.force) pulled = find_here();
    if (!pulled) pulled = download();
    tell(*pulled);
    return ExitCode::ok;
  }

 private:
  std::optional<Pulled> find_here() const {
    for (const PublishedFile& file : entry_.files) {
      const fs::path path = target_.parent_path() / file.name;
      if (!fs::exists(path)) continue;
      std::string sha256 = sha256_of_file(path);
      if (file.sha256.empty() || file.has_content(sha256))
        return Pulled{path, std::move(sha256), "already there"};
      if (&file == &file_) refuse_other_content(sha256);
    }
    if (!arguments_.to.empty()) return {};
    const auto stored = find_in_hub(entry_);
    if (!stored) return {};
    return Pulled{stored->path, sha256_of_file(stored->path), "in PyTorch's hub folder"};
  }

  [[noreturn]] void refuse_other_content(const std::string& sha256) const {
    throw ExistsError(
        {.what = "will not replace",
         .where = target_.string(),
         .why = "it has other content: its sha256 is " + sha256 + ", right would be " + file_.sha256,
         .todo = "Add --force to replace it, or move it away"});
  }

  Pulled download() {
    const std::string& address = arguments_.address.empty() ? entry_.address : arguments_.address;
    if (address.empty()) {
      throw MissingError({.what = "cannot download the weights of",
                          .where = entry_.network,
                          .why = "they have no address of their own",
                          .todo = entry_.source + ", to " + target_.string()});
    }
    if (is_offline()) refuse_offline(address);
    FetchRequest request{.address = address, .target = target_};
    if (!file_.sha256.empty()) request.sha256_prefixes = {file_.sha256};
    request.smallest_bytes = file_.smallest_bytes();
    request.largest_bytes = file_.largest_bytes();
    FetchOptions options;
    options.note = [this](const std::string& text) { progress_.line(entry_.network + ": " + text); };
    options.progress = [this](const FetchProgress& now) { show(now); };
    const FetchResult result = fetch(request, options);
    return {target_, result.sha256, "downloaded"};
  }

  bool is_offline() const {
    const char* variable = std::getenv("MIRRORTUNE_OFFLINE");
    return arguments_.offline || (variable && *variable && std::string_view(variable) != "0");
  }

  [[noreturn]] void refuse_offline(const std::string& address) const {
    throw Error(ExitCode::device,
                {.what = "will not download the weights of",
                 .where = entry_.network,
                 .why = "the network is switched off (--offline or MIRRORTUNE_OFFLINE)",
                 .todo = "Run this where there is a network:\n  curl -L -C - -o " + shell_word(file_.name) +
                         " " + shell_word(address) + "\nThen put the file at " + target_.string() +
                         " and run `mirrortune weights verify " + entry_.network + "`"});
  }

  void show(const FetchProgress& now) {
    if (!start_bytes_) start_bytes_ = now.done_bytes;
    const double total = static_cast<double>(now.total_bytes);
    const double done = static_cast<double>(now.done_bytes);
    progress_.update(total > 0 ? done / total : 0, [&] {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
      const double per_second =
          std::max(done - static_cast<double>(*start_bytes_), 0.0) / std::max(seconds, 1e-3);
      std::string text = fmt::format("{}: {}", entry_.network, bytes_text(done));
      if (total > 0) text += " of " + bytes_text(total);
      text += fmt::format(", {}/s", bytes_text(per_second));
      if (total > 0 && per_second > 0) text += ", " + duration_text((total - done) / per_second) + " left";
      return text;
    });
  }

  void tell(const Pulled& pulled) {
    const bool checked = !file_.sha256.empty();
    progress_.line(fmt::format("{}, {}: {}{}", entry_.network, entry_.title, pulled.state,
                               checked ? ", sha256 as published" : ""));
    if (!checked) {
      progress_.line("No sha256 is known for this file, so that it was not checked; it is " + pulled.sha256);
    }
    progress_.line(fmt::format("Licence: {} ({})", entry_.licence, entry_.licence_note));
    Json document = new_document(globals_);
    document["model"] = entry_.network;
    document["title"] = entry_.title;
    document["path"] = pulled.path.string();
    document["state"] = pulled.state;
    document["sha256"] = pulled.sha256;
    document["checked"] = checked;
    document["licence"] = entry_.licence;
    print_result(globals_, document, pulled.path.string() + "\n");
  }

  const Globals& globals_;
  const PullArguments& arguments_;
  const WeightsEntry& entry_;
  const PublishedFile& file_;
  fs::path target_;
  Progress progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<std::uint64_t> start_bytes_;  ///< what an earlier call had brought
};

}  // namespace

void declare_weights_pull(CLI::App& weights, Session& session) {
  CLI::App* command =
      add_command(weights, "pull", "Download the published weights of a network, checked by sha256",
                  "mirrortune weights pull resnet18\n"
                  "mirrortune weights pull resnet18 --to ~/weights\n"
                  "mirrortune weights pull resnet18 --offline     the curl line to run elsewhere");
  auto arguments = std::make_shared<PullArguments>();
  command->add_option("name", arguments->name, "Network, see `mirrortune weights ls`")
      ->required()
      ->type_name(kNetworkValue);
  command->add_option(
      "--to", arguments->to,
      "Folder (default: $MIRRORTUNE_WEIGHTS, else mirrortune/weights in $XDG_CACHE_HOME or ~/.cache, "
      "where names are looked for)");
  command->add_flag("--force", arguments->force, "Download it even if it is there");
  command->add_flag("--offline", arguments->offline,
                    "Download nothing, as with MIRRORTUNE_OFFLINE=1; print the command that would");
  command
      ->add_option("--address", arguments->address,
                   "Another server's copy (http or https); same size and sha256")
      ->check([](const std::string& text) -> std::string {
        return text.starts_with("https://") || text.starts_with("http://")
                   ? ""
                   : "must begin with https:// or http://";
      });
  on_parsed(*command, session, [=](const Globals& globals) { return Pull(globals, *arguments).run(); });
}

}  // namespace mirrortune::cli
