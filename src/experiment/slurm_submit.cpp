#include "experiment/slurm_submit.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/command.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/json.h"
#include "base/text.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;

/// What a command of Slurm prints. Throws DeviceError with what it said if it failed.
std::string ask_slurm(const std::vector<std::string>& words, const std::string& safe) {
  try {
    const CommandResult result = run_command(words);
    if (result.code == 0) return result.out;
    throw DeviceError({.what = "cannot submit",
                       .where = words.front(),
                       .why = printable(trim(join(split(trim(result.err), '\n'), "; "))),
                       .safe = safe,
                       .todo = "Correct the file of --slurm, or see the scripts with --print"});
  } catch (const DeviceError& error) {
    if (error.text().what != "cannot start") throw;
    throw DeviceError(
        {.what = "cannot submit",
         .where = words.front(),
         .why = error.text().why,
         .safe = safe,
         .todo = "Submit from a machine that has Slurm's commands, or see the scripts with --print"});
  }
}

std::vector<SlurmJob> read_jobs(const fs::path& path) {
  std::vector<SlurmJob> jobs;
  if (!fs::exists(path)) return jobs;
  const Json document = read_json(path);
  for (const Json& job : document.at("jobs")) {
    jobs.push_back({.name = job.at("name").get<std::string>(), .id = job.at("id").get<std::int64_t>()});
  }
  return jobs;
}

void write_jobs(const fs::path& path, const std::vector<SlurmJob>& jobs) {
  Json document = {{"schema", 1}, {"jobs", Json::array()}};
  for (const SlurmJob& job : jobs) document["jobs"].push_back({{"name", job.name}, {"id", job.id}});
  write_json(path, document);
}

/// Those of the jobs that Slurm has not yet done with. It is asked for all jobs, since it calls an id that it
/// has forgotten an error.
std::vector<SlurmJob> still_queued(std::vector<SlurmJob> jobs) {
  if (jobs.empty()) return jobs;
  std::set<std::string> queued;
  for (const auto& line : split(ask_slurm({"squeue", "-h", "-o", "%F"}, "Nothing was submitted"), '\n')) {
    queued.emplace(trim(line));
  }
  std::erase_if(jobs, [&](const SlurmJob& job) { return !queued.contains(std::to_string(job.id)); });
  return jobs;
}

std::string ids_of(const std::vector<SlurmJob>& jobs) {
  std::vector<std::string> ids;
  for (const SlurmJob& job : jobs) ids.push_back(std::to_string(job.id));
  return join(ids, " ");
}

[[noreturn]] void throw_queued(const std::vector<SlurmJob>& jobs, const fs::path& folder) {
  throw BusyError({.what = "cannot submit",
                   .where = folder.string(),
                   .why = "jobs of it are still queued or running: " + ids_of(jobs),
                   .safe = "Nothing was submitted",
                   .todo = "Wait for them, end them with `scancel " + ids_of(jobs) +
                           "`, or add --force to submit beside them"});
}

/// One submission.
class Submission {
 public:
  explicit Submission(const fs::path& folder) : scripts_(folder / "slurm" / "scripts") {}

  /// Hands over a script.
  void add(const SlurmScript& script) {
    std::vector<std::string> words = {"sbatch", "--parsable"};
    if (!script.after.empty()) {
      words.push_back("--dependency=" + script.dependency);
      for (const auto& name : script.after) words.back() += fmt::format(":{}", id_of(name));
      words.push_back("--kill-on-invalid-dep=yes");
    }
    words.push_back((scripts_ / (script.name + ".sh")).string());
    const auto answer = ask_slurm(words, "Nothing stays submitted");
    const auto id = parse_integer(trim(split(answer, ';').front()));
    if (!id) {
      throw DeviceError(
          {.what = "cannot submit", .where = "sbatch", .why = "it answered '" + printable(answer) + "'"});
    }
    jobs_.push_back({.name = script.name, .id = *id});
  }

  /// As well as it goes.
  void cancel() const {
    if (jobs_.empty()) return;
    std::vector<std::string> words = {"scancel"};
    for (const SlurmJob& job : jobs_) words.push_back(std::to_string(job.id));
    run_command(words);
  }

  const std::vector<SlurmJob>& jobs() const { return jobs_; }

 private:
  std::int64_t id_of(const std::string& name) const {
    const auto found = std::ranges::find(jobs_, name, &SlurmJob::name);
    MIRRORTUNE_CHECK(found != jobs_.end());
    return found->id;
  }

  fs::path scripts_;
  std::vector<SlurmJob> jobs_;
};

void write_scripts(const fs::path& folder, const std::vector<SlurmScript>& scripts) {
  make_folder(folder / "slurm" / "log");
  remove_tree(folder / "slurm" / "scripts");
  make_folder(folder / "slurm" / "scripts");
  for (const auto& script : scripts)
    write_file(folder / "slurm" / "scripts" / (script.name + ".sh"), script.text);
}

}  // namespace

std::vector<SlurmJob> submit_to_slurm(const ExperimentOptions& options,
                                      const std::vector<SlurmScript>& scripts, bool even_if_queued) {
  const fs::path folder = options.output_root / options.name;
  const auto jobs_file = folder / "slurm" / "jobs.json";
  ask_slurm({"sbatch", "--version"}, "Nothing was submitted");
  const auto lock = FileLock::try_lock(folder / "slurm" / ".lock");
  if (!lock) {
    throw BusyError({.what = "cannot submit", .where = folder.string(), .why = "another process submits it"});
  }
  const auto earlier = still_queued(read_jobs(jobs_file));
  if (!earlier.empty() && !even_if_queued) throw_queued(earlier, folder);
  write_file(folder / "config.yaml", options.resolved_yaml);
  write_scripts(folder, scripts);
  Submission submission(folder);
  try {
    for (const auto& script : scripts) {
      submission.add(script);
      auto known = earlier;
      known.insert(known.end(), submission.jobs().begin(), submission.jobs().end());
      write_jobs(jobs_file, known);
    }
  } catch (const Error&) {
    submission.cancel();
    write_jobs(jobs_file, earlier);
    throw;
  }
  return submission.jobs();
}

}  // namespace mirrortune
