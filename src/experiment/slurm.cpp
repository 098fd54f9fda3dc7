#include "experiment/slurm.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/shell.h"
#include "base/text.h"
#include "experiment/plan.h"

namespace mirrortune {
namespace {

/// Before the program is started. Slurm sends USR1 to the script alone, which hands it on, once. TERM
/// (scancel, a requeue by hand, the end of the time) comes to the program as well, whose second signal would
/// end it at once: of TERM the script only remembers that it is not for it to go on.
constexpr const char* kSignals = R"bash(
signals=0 asked= told= ended= program=
tell_program() {
  [ -n "$asked" ] && [ -n "$program" ] && [ -z "$told" ] || return 0
  told=1
  kill -USR1 "$program" || :
}
trap 'signals=$((signals + 1)) asked=1; tell_program' USR1
trap 'signals=$((signals + 1)) ended=1' TERM
)bash";

/// What follows the program, which was started in the background; {0} is max_requeues. `wait` returns early
/// when a signal comes, and gives the program's code again when it is repeated. A task is requeued by the
/// array's id and its index: SLURM_JOB_ID of an array's last task is the id of the whole array.
constexpr const char* kTask = R"bash(
program=$!
tell_program
while :; do
  heard=$signals code=0
  wait "$program" || code=$?
  [ "$heard" -ne "$signals" ] || break
done

# 75: a checkpoint is kept. 138: USR1 came before the program was ready for it.
[ -z "$told" ] || [ "$code" -ne 138 ] || code=75
restarts=${{SLURM_RESTART_COUNT:-0}}
if [ "$code" -eq 75 ] && [ -z "$ended" ]; then
  if [ "$restarts" -lt {0} ]; then
    echo "sweep: stopped in time, back into the queue ($((restarts + 1)) of at most {0})"
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"
  else
    echo "sweep: not requeued, that was done {0} times already; submit again to go on"
  fi
fi
exit "$code"
)bash";

/// A task of an array: which index, cell and seed.
struct Task {
  std::int64_t index = 0;
  std::string cell = {};
  std::uint64_t seed = 0;
};

/// A word of an #SBATCH line: sbatch knows quotes, and a backslash before any character.
std::string sbatch_word(std::string_view text) {
  std::string word = "\"";
  for (const char c : text) word += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return word + "\"";
}

/// "0-4,7" of increasing numbers.
std::string index_list(const std::vector<Task>& tasks) {
  std::vector<std::string> ranges;
  for (std::size_t first = 0, last = 0; first < tasks.size(); first = ++last) {
    while (last + 1 < tasks.size() && tasks[last + 1].index == tasks[last].index + 1) ++last;
    ranges.push_back(first == last ? std::to_string(tasks[first].index)
                                   : fmt::format("{}-{}", tasks[first].index, tasks[last].index));
  }
  return join(ranges, ",");
}

/// Writes the scripts of one experiment.
class Writer {
 public:
  Writer(const SlurmCommand& command, const SlurmOptions& options) : command_(command), options_(options) {
    const std::string folder = command.folder.string();
    const auto is_hard = [](char c) {
      return c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (std::ranges::none_of(folder, is_hard)) return;
    throw UsageError({.what = "cannot submit",
                      .where = printable(folder),
                      .why = "Slurm takes no path with a backslash or a control character",
                      .todo = "Choose another run directory with --out"});
  }

  /// An array of searches or of trials.
  std::string array(const std::string& name, const std::vector<Task>& tasks, bool searches) const {
    std::string text = "#!/bin/bash\n" + option("job-name", command_.name + "/" + name);
    text += fmt::format("#SBATCH --array={}", index_list(tasks));
    if (options_.max_running > 0) text += fmt::format("%{}", options_.max_running);
    text += fmt::format("\n{}#SBATCH --requeue\n", log_options(name + "-%A_%a"));
    text += fmt::format("#SBATCH --signal=B:USR1@{}\n", options_.signal_seconds_before_end);
    text += resources();
    text += fmt::format("\n# {} of {}, one a task: cell and seed.\ntasks=(\n",
                        searches ? "Learning-rate searches" : "Trials", command_.name);
    for (const Task& task : tasks) {
      text += fmt::format("  [{}]={}\n", task.index, shell_word(fmt::format("{} {}", task.cell, task.seed)));
    }
    text += ")\ntask=${tasks[SLURM_ARRAY_TASK_ID]}\n" + std::string(kSignals) + setup() + "\n";
    text += program("run") + " --shard 1/1" + (searches ? " --search-only" : "");
    for (const auto& argument : command_.arguments) text += fmt::format(" {}", shell_word(argument));
    text += " \\\n  --only \"cell=${task% *}\" --only \"seed=${task##* }\" &";
    return text + fmt::format(kTask, options_.max_requeues);
  }

  std::string collect() const {
    return "#!/bin/bash\n" + option("job-name", command_.name + "/collect") + log_options("collect-%j") +
           resources() + setup() + "\nexec " + program("sweep collect") + "\n";
  }

 private:
  static std::string option(const std::string& name, const std::string& value) {
    return value.empty() ? "" : fmt::format("#SBATCH --{}={}\n", name, sbatch_word(value));
  }

  /// Slurm replaces %A and the like in the whole path.
  std::string log_options(const std::string& name) const {
    std::string folder;
    for (const char c : (command_.folder / "slurm" / "log").string())
      folder += c == '%' ? "%%" : std::string(1, c);
    return option("chdir", command_.folder.string()) + option("output", folder + "/" + name + ".log") +
           "#SBATCH --open-mode=append\n";
  }

  std::string resources() const {
    std::string text = option("partition", options_.partition) + option("account", options_.account) +
                       option("qos", options_.qos) + option("constraint", options_.constraint) +
                       option("time", options_.time) + option("mem", options_.memory);
    text += fmt::format("#SBATCH --ntasks=1\n#SBATCH --cpus-per-task={}\n", options_.cpus_per_task);
    if (options_.gpus_per_task > 0) text += fmt::format("#SBATCH --gres=gpu:{}\n", options_.gpus_per_task);
    for (const auto& further : options_.options) text += fmt::format("#SBATCH {}\n", further);
    return text;
  }

  std::string setup() const {
    return options_.setup.empty() ? "" : fmt::format("\n{}\n", join(options_.setup, "\n"));
  }

  std::string program(const std::string& what) const {
    const std::string folder = command_.folder.string();
    return fmt::format("{} {} -c {} --out {} --threads {}", shell_word(command_.program.string()), what,
                       shell_word((command_.folder / "config.yaml").string()), shell_word(folder),
                       command_.threads > 0 ? command_.threads : options_.cpus_per_task);
  }

  const SlurmCommand& command_;
  const SlurmOptions& options_;
};

/// Cuts the work into arrays.
class Cutter {
 public:
  Cutter(const SlurmWork& work, const Writer& writer, std::int64_t max_array_size)
      : work_(work), writer_(writer), size_(static_cast<std::size_t>(max_array_size)) {}

  std::vector<SlurmScript> cut() {
    std::vector<const SlurmCell*> searched;
    for (const SlurmCell& cell : work_.cells) {
      if (cell.search) searched.push_back(&cell);
    }
    const auto blocks = pieces(searched);
    for (std::size_t b = 0; b < blocks.size(); ++b) add_searches(fmt::format("search-{}", b + 1), blocks[b]);
    add_free_trials();
    for (std::size_t b = 0; b < blocks.size(); ++b) add_waiting_trials(b + 1, blocks[b]);
    add_collect();
    return std::move(scripts_);
  }

 private:
  template <class T>
  std::vector<std::vector<T>> pieces(const std::vector<T>& all) const {
    std::vector<std::vector<T>> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i % size_ == 0) result.emplace_back();
      result.back().push_back(all[i]);
    }
    return result;
  }

  void add(const std::string& name, const std::vector<Task>& tasks, bool searches,
           const std::vector<std::string>& after = {}) {
    scripts_.push_back({.name = name,
                        .text = writer_.array(name, tasks, searches),
                        .tasks = std::ssize(tasks),
                        .after = after,
                        .dependency = after.empty() ? "" : "aftercorr"});
  }

  /// A search reads its own images and those of one trial: the first that is left.
  void add_searches(const std::string& name, const std::vector<const SlurmCell*>& cells) {
    std::vector<Task> tasks;
    for (const SlurmCell* cell : cells) tasks.push_back({std::ssize(tasks), cell->name, cell->seeds.front()});
    add(name, tasks, /*searches=*/true);
  }

  void add_free_trials() {
    std::vector<Task> all;
    for (const SlurmCell& cell : work_.cells) {
      for (const auto seed : cell.seeds) {
        if (!cell.search)
          all.push_back({std::ssize(all) % static_cast<std::int64_t>(size_), cell.name, seed});
      }
    }
    const auto parts = pieces(all);
    for (std::size_t p = 0; p < parts.size(); ++p) add(fmt::format("trials-{}", p + 1), parts[p], false);
  }

  /// One array for each seed; a trial has the index that its cell has in the array of searches.
  void add_waiting_trials(std::size_t block, const std::vector<const SlurmCell*>& cells) {
    std::map<std::uint64_t, std::vector<Task>> by_seed;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      for (const auto seed : cells[c]->seeds) {
        by_seed[seed].push_back({static_cast<std::int64_t>(c), cells[c]->name, seed});
      }
    }
    for (const auto& [seed, tasks] : by_seed) {
      add(fmt::format("{}-{}", seed_folder_name(seed), block), tasks, /*searches=*/false,
          {fmt::format("search-{}", block)});
    }
  }

  void add_collect() {
    SlurmScript collect{.name = "collect", .text = writer_.collect(), .dependency = "afterany"};
    for (const auto& script : scripts_) collect.after.push_back(script.name);
    scripts_.push_back(std::move(collect));
  }

  const SlurmWork& work_;
  const Writer& writer_;
  std::size_t size_;
  std::vector<SlurmScript> scripts_;
};

}  // namespace

std::vector<SlurmScript> slurm_scripts(const SlurmWork& work, const SlurmCommand& command,
                                       const SlurmOptions& options) {
  if (work.cells.empty()) return {};
  const Writer writer(command, options);
  return Cutter(work, writer, options.max_array_size).cut();
}

}  // namespace mirrortune
