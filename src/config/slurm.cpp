#include "config/slurm.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "base/text.h"
#include "config/detail/limited_file.h"
#include "config/detail/slurm_text.h"
#include "config/detail/value.h"
#include "config/detail/yaml_tree.h"

namespace mirrortune {
namespace {

using config::in_quotes;
using config::Problems;
using config::Range;
using config::YamlEntry;
using config::YamlNode;

/// What is wrong with a text, as the end of "'x' …"; nothing if it is right.
using TextCheck = std::optional<std::string> (*)(const std::string&);

/// Takes the values of the keys one by one; what nobody took is unknown.
class SlurmReader {
 public:
  SlurmReader(const YamlNode& document, Problems& problems) : document_(document), problems_(problems) {}

  const YamlNode* find(const std::string& key) {
    known_.push_back(key);
    for (const YamlEntry& entry : document_.entries) {
      if (entry.key == key) return &entry.value;
    }
    return nullptr;
  }

  void integer(const std::string& key, Range range, std::int64_t& to) {
    const YamlNode* node = find(key);
    if (!node) return;
    const config::ValueType type{.kind = config::Kind::integer, .range = range};
    if (const auto value = config::parse_value(type, *node, {}, problems_))
      to = std::get<std::int64_t>(*value);
  }

  void text(const std::string& key, TextCheck check, std::string& to) {
    if (const YamlNode* node = find(key)) read_text(*node, check, to);
  }

  void texts(const std::string& key, TextCheck check, std::vector<std::string>& to) {
    const YamlNode* node = find(key);
    if (!node) return;
    if (node->kind != YamlNode::Kind::list) {
      problems_.add(node->place, in_quotes(key) + " must be a list of texts, like [a, b]");
      return;
    }
    for (const YamlNode& item : node->items) read_text(item, check, to.emplace_back());
  }

  void refuse_unknown() const { config::refuse_unknown(document_, known_, problems_); }

 private:
  void read_text(const YamlNode& node, TextCheck check, std::string& to) {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty()) {
      problems_.add(node.place, "a text must stand here; leave the key out for the cluster's default");
    } else if (const auto why = check(node.text)) {
      problems_.add(node.place, in_quotes(node.text) + " " + *why);
    } else {
      to = node.text;
    }
  }

  const YamlNode& document_;
  Problems& problems_;
  std::vector<std::string> known_;
};

/// A signal that comes before a task has begun would stop every one at once.
void check_signal(SlurmReader& reader, const SlurmOptions& options, Problems& problems) {
  const auto seconds = config::slurm_seconds(options.time);
  if (!seconds || options.signal_seconds_before_end < *seconds) return;
  const std::string key = "signal_seconds_before_end";
  const YamlNode* signal = reader.find(key);
  const YamlNode* place = signal ? signal : reader.find("time");
  problems.add(place->place, "'" + key + "' is " + std::to_string(options.signal_seconds_before_end) +
                                 ", and the time of a task is only " + std::to_string(*seconds) + " seconds");
}

SlurmOptions read(const YamlNode& document, Problems& problems) {
  SlurmReader reader(document, problems);
  SlurmOptions options;
  std::int64_t version = 0;
  reader.integer("schema_version", {.low = 1, .high = 1}, version);
  if (!reader.find("schema_version")) problems.add(document.place, "'schema_version' is missing; write 1");
  reader.text("partition", config::slurm_word_problem, options.partition);
  reader.text("account", config::slurm_word_problem, options.account);
  reader.text("qos", config::slurm_word_problem, options.qos);
  reader.text("constraint", config::slurm_word_problem, options.constraint);
  reader.text("time", config::slurm_time_problem, options.time);
  reader.text("memory", config::slurm_memory_problem, options.memory);
  reader.integer("cpus_per_task", {.low = 1, .high = 4096}, options.cpus_per_task);
  reader.integer("gpus_per_task", {.low = 0, .high = 64}, options.gpus_per_task);
  reader.integer("max_running", {.low = 0, .high = 1e6}, options.max_running);
  reader.integer("max_array_size", {.low = 1, .high = 1e4}, options.max_array_size);
  reader.integer("max_requeues", {.low = 0, .high = 1e4}, options.max_requeues);
  reader.integer("signal_seconds_before_end", {.low = 1, .high = 65535}, options.signal_seconds_before_end);
  reader.texts("options", config::slurm_option_problem, options.options);
  reader.texts("setup", config::shell_line_problem, options.setup);
  check_signal(reader, options, problems);
  reader.refuse_unknown();
  return options;
}

}  // namespace

SlurmOptions load_slurm(const std::filesystem::path& file) {
  const std::string origin = file.string();
  Problems problems;
  const YamlNode document = config::parse_yaml(config::read_limited(file), {origin, 1, 1}, problems);
  problems.throw_if_any(origin);
  if (document.kind != YamlNode::Kind::map) problems.add({origin, 1, 1}, "the file must be a map of keys");
  problems.throw_if_any(origin);
  SlurmOptions options = read(document, problems);
  problems.throw_if_any(origin);
  return options;
}

}  // namespace mirrortune
