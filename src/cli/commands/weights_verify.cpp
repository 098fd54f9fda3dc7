#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/sha256.h"
#include "base/text.h"
#include "cli/app.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "config/weights_store.h"

namespace mirrortune::cli {
namespace {

namespace fs = std::filesystem;

/// What a file's content says of it.
struct Verdict {
  enum class State { right, wrong, unchecked };

  fs::path path;
  std::string sha256;
  const WeightsEntry* entry = nullptr;  ///< whose it is, or should be; null: nobody's
  State state = State::wrong;
  std::string why = {};  ///< a sentence
};

std::string state_text(Verdict::State state) {
  switch (state) {
    case Verdict::State::right:
      return "right";
    case Verdict::State::unchecked:
      return "unchecked";
    case Verdict::State::wrong:
      break;
  }
  return "wrong";
}

/// The entry that a file's name belongs to, or null.
const WeightsEntry* owner_of_name(const std::string& name) {
  for (const WeightsEntry& entry : all_weights()) {
    for (const PublishedFile& file : entry.files) {
      if (file.name == name) return &entry;
    }
  }
  return nullptr;
}

/// Every name under which this content was published.
std::string names_of_content(const WeightsEntry& entry, const std::string& sha256) {
  std::vector<std::string> names;
  for (const PublishedFile& file : entry.files) {
    if (file.has_content(sha256)) names.push_back(file.name);
  }
  return join(names, " and ");
}

std::string known_hashes(const WeightsEntry& entry) {
  std::vector<std::string> hashes;
  for (const PublishedFile& file : entry.files) {
    if (!file.sha256.empty() && (hashes.empty() || hashes.back() != file.sha256))
      hashes.push_back(file.sha256);
  }
  return join(hashes, " or ");
}

/// Hashes a file. `expected` is whose it should be; null: its name says.
Verdict verify_file(const fs::path& path, const WeightsEntry* expected) {
  if (!expected) expected = owner_of_name(path.filename().string());
  Verdict verdict{.path = path, .sha256 = sha256_of_file(path), .entry = expected};
  const auto found = recognise_weights(verdict.sha256);
  if (found && found->is_origin) {
    verdict.entry = found->entry;
    verdict.why = "this is the file that " + found->entry->network + "'s was made from (sha256 begins " +
                  found->file->named_after_sha256 + "); its tensors have other names, it does not load here";
  } else if (found) {
    const bool wanted = !expected || expected == found->entry;
    verdict.entry = found->entry;
    verdict.state = wanted ? Verdict::State::right : Verdict::State::wrong;
    verdict.why = "this is " + found->entry->network + ", " + found->entry->title + ": sha256 begins " +
                  found->file->sha256.substr(0, 10) + ", published as " +
                  names_of_content(*found->entry, verdict.sha256);
    if (!wanted) verdict.why += "; it should be " + expected->network;
  } else if (!expected) {
    verdict.why = "no published weights have this content";
  } else if (const std::string hashes = known_hashes(*expected); hashes.empty()) {
    verdict.state = Verdict::State::unchecked;
    verdict.why = "no sha256 is known of the weights of " + expected->network;
  } else {
    verdict.why = "it is not the file of " + expected->network + ", whose sha256 is " + hashes;
  }
  return verdict;
}

/// Every file with a published name in the folder of pulled files and in PyTorch's.
std::vector<std::pair<fs::path, const WeightsEntry*>> stored_files(const WeightsEntry* only) {
  std::vector<fs::path> folders = {weights_folder()};
  if (const auto hub = hub_folder()) folders.push_back(*hub);
  std::vector<std::pair<fs::path, const WeightsEntry*>> files;
  for (const WeightsEntry& entry : all_weights()) {
    if (only && only != &entry) continue;
    for (const fs::path& folder : folders) {
      for (const PublishedFile& file : entry.files) {
        std::error_code absent;
        if (fs::exists(folder / file.name, absent)) files.emplace_back(folder / file.name, &entry);
      }
    }
  }
  return files;
}

[[noreturn]] void throw_nothing_there(const WeightsEntry* entry) {
  const std::string pull = entry ? entry->network : "NAME";
  throw MissingError(
      {.what = "nothing to verify",
       .where = entry ? entry->network : "",
       .why = "no published file is in " + weights_folder().string() + " or PyTorch's hub folder",
       .todo = "Run `mirrortune weights pull " + pull + "`"});
}

std::vector<Verdict> verify_all(const std::string& what) {
  std::error_code absent;
  if (!what.empty() && fs::exists(what, absent)) return {verify_file(what, nullptr)};
  const WeightsEntry* only = what.empty() ? nullptr : find_weights(what);
  if (!what.empty() && !only) resolve_weights(what);  // throws: what is neither a file nor a name
  std::vector<Verdict> verdicts;
  for (const auto& [path, entry] : stored_files(only)) verdicts.push_back(verify_file(path, entry));
  if (verdicts.empty()) throw_nothing_there(only);
  return verdicts;
}

Json verdict_json(const Verdict& verdict) {
  return {{"path", verdict.path.string()},
          {"sha256", verdict.sha256},
          {"model", verdict.entry ? Json(verdict.entry->network) : Json(nullptr)},
          {"title", verdict.entry ? Json(verdict.entry->title) : Json(nullptr)},
          {"state", state_text(verdict.state)},
          {"why", verdict.why}};
}

ExitCode verify(const Globals& globals, const std::string& what) {
  const std::vector<Verdict> verdicts = verify_all(what);
  Json document = new_document(globals);
  document["files"] = Json::array();
  std::string text;
  std::size_t wrong = 0;
  for (const Verdict& verdict : verdicts) {
    document["files"].push_back(verdict_json(verdict));
    text += printable(verdict.path.string()) + ": " + state_text(verdict.state) + ": " + verdict.why + "\n";
    wrong += verdict.state == Verdict::State::wrong ? 1 : 0;
  }
  if (wrong == 1 && verdicts.size() == 1) {
    const Verdict& verdict = verdicts.front();
    throw WeightsError({.what = "not the published weights:",
                        .where = verdict.path.string(),
                        .why = verdict.why + "; this one's is " + verdict.sha256,
                        .todo = verdict.entry ? "`mirrortune weights pull " + verdict.entry->network +
                                                    " --force` gets the right one"
                                              : ""});
  }
  print_result(globals, document, text);
  if (wrong == 0) return ExitCode::ok;
  Progress(globals).line(std::to_string(wrong) + " of " + std::to_string(verdicts.size()) +
                         " files are wrong");
  return ExitCode::data;
}

std::string size_text(const PublishedFile& file) {
  if (file.bytes) return bytes_text(static_cast<double>(*file.bytes));
  return file.mib ? bytes_text(*file.mib * 1024 * 1024) : "–";
}

ExitCode list(const Globals& globals) {
  Json document = new_document(globals);
  document["folder"] = weights_folder().string();
  document["weights"] = Json::array();
  std::vector<std::vector<std::string>> rows = {{"name", "file", "size", "licence", "here"}};
  const auto hub = hub_folder();
  for (const WeightsEntry& entry : all_weights()) {
    const auto pulled = find_in_folder(weights_folder(), entry);
    const auto in_hub = hub && !pulled ? find_in_folder(*hub, entry) : std::nullopt;
    const auto& stored = pulled ? pulled : in_hub;
    const PublishedFile& file = stored ? *stored->file : entry.files.front();
    rows.push_back({entry.network, file.name, size_text(file), entry.licence,
                    pulled   ? "yes"
                    : in_hub ? "in PyTorch's hub folder"
                             : "–"});
    document["weights"].push_back({{"model", entry.network},
                                   {"title", entry.title},
                                   {"file", file.name},
                                   {"bytes", file.bytes ? Json(*file.bytes) : Json(nullptr)},
                                   {"licence", entry.licence},
                                   {"licence_note", entry.licence_note},
                                   {"address", entry.address.empty() ? Json(nullptr) : Json(entry.address)},
                                   {"path", stored ? Json(stored->path.string()) : Json(nullptr)}});
  }
  print_result(globals, document,
               format_table(rows) + "folder: " + printable(weights_folder().string()) + "\n");
  return ExitCode::ok;
}

}  // namespace

void declare_weights_verify(CLI::App& weights, Session& session) {
  on_parsed(*add_command(weights, "ls", "The published weights, and which of them are on this machine",
                         "mirrortune weights ls"),
            session, list);

  CLI::App* command =
      add_command(weights, "verify", "Which published weights is this? By the sha256 of the content",
                  "mirrortune weights verify                all that are on this machine\n"
                  "mirrortune weights verify resnet18\n"
                  "mirrortune weights verify some_file.pth");
  auto what = std::make_shared<std::string>();
  command->add_option("what", *what, "Name of published weights, or any file (default: all that are here)");
  on_parsed(*command, session, [=](const Globals& globals) { return verify(globals, *what); });
}

}  // namespace mirrortune::cli
