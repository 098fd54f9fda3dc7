#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "config/detail/yaml_tree.h"
#include "config/weights_catalog.h"

namespace mirrortune {
namespace {

using config::in_quotes;
using config::Place;
using config::Problems;
using config::YamlEntry;
using config::YamlNode;

constexpr std::size_t kShortestPrefix = 8;
constexpr std::size_t kWholeHash = 64;
constexpr double kLargest = 1e12;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_plain_name(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !text.empty() && text.front() != '.' && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// One map of the table: each key is asked for by name, and what was not asked for is unknown.
class MapReader {
 public:
  MapReader(const YamlNode& map, std::string what, Problems& problems)
      : map_(map), what_(std::move(what)), problems_(problems) {
    if (map.kind != YamlNode::Kind::map) problems_.add(map.place, what_ + " must be a map of keys");
  }
  ~MapReader() {
    for (const YamlEntry& entry : map_.entries) {
      if (!asked_.contains(entry.key)) {
        problems_.add(entry.place, "unknown key " + in_quotes(entry.key) + " in " + what_);
      }
    }
  }
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  /// The value of a key, or null where it is absent.
  const YamlNode* value(const std::string& key) {
    asked_.insert(key);
    for (const YamlEntry& entry : map_.entries) {
      if (entry.key == key) return &entry.value;
    }
    return nullptr;
  }

  const YamlNode* required(const std::string& key) {
    const YamlNode* node = value(key);
    if (!node) problems_.add(map_.place, what_ + " has no " + in_quotes(key));
    return node;
  }

  /// The text of a key; "" where it is absent or no text.
  std::string text(const std::string& key) { return text_of(value(key), key); }
  std::string required_text(const std::string& key) { return text_of(required(key), key); }

  /// The number of a key where one stands there; it must be above 0.
  std::optional<double> number(const std::string& key) {
    const YamlNode* node = value(key);
    if (!node) return {};
    const auto parsed = parse_number(node->text);
    if (parsed && *parsed > 0 && *parsed < kLargest) return parsed;
    problems_.add(node->place, in_quotes(node->text) + " is no number above 0, for " + in_quotes(key));
    return {};
  }

  /// The text of a key that must be one of `words`, or absent.
  std::string word(const std::string& key, const std::vector<std::string>& words) {
    const std::string given = text(key);
    if (!given.empty() && std::ranges::find(words, given) == words.end()) {
      refuse(key, in_quotes(given) + " is not one of " + join(words, ", "));
    }
    return given;
  }

  /// Adds a problem at a key's place.
  void refuse(const std::string& key, const std::string& why) {
    const YamlNode* node = value(key);
    problems_.add(node ? node->place : map_.place, why);
  }

 private:
  std::string text_of(const YamlNode* node, const std::string& key) {
    if (!node) return "";
    if (node->kind == YamlNode::Kind::scalar && !node->text.empty()) return node->text;
    problems_.add(node->place, in_quotes(key) + " of " + what_ + " must be text");
    return "";
  }

  const YamlNode& map_;
  std::string what_;
  Problems& problems_;
  std::set<std::string> asked_;
};

/// Three numbers, one per colour.
std::array<double, 3> read_colours(MapReader& map, const std::string& key) {
  std::array<double, 3> colours{};
  const YamlNode* list = map.required(key);
  if (!list) return colours;
  bool good = list->items.size() == colours.size();
  for (std::size_t i = 0; good && i < colours.size(); ++i) {
    const auto number = parse_number(list->items[i].text);
    good = number && *number > 0 && *number < 1;
    colours[i] = number.value_or(0);
  }
  if (!good) map.refuse(key, in_quotes(key) + " must be three numbers between 0 and 1");
  return colours;
}

PublishedInput read_input(const YamlNode* node, const std::string& network, Problems& problems) {
  if (!node) return {};
  MapReader map(*node, "the input of " + network, problems);
  PublishedInput input;
  map.required("kind");
  map.required("resolution");
  input.kind = map.word("kind", {"torchvision", "ffcv"});
  input.resolution = static_cast<int>(map.number("resolution").value_or(0));
  input.resize = static_cast<int>(map.number("resize").value_or(0));
  input.interpolation = map.word("interpolation", {"bilinear", "bicubic"});
  input.mean = read_colours(map, "mean");
  input.sd = read_colours(map, "sd");
  return input;
}

std::string read_hash(MapReader& map, const std::string& key) {
  const std::string hash = map.text(key);
  if (!hash.empty() && (!is_hex(hash) || hash.size() < kShortestPrefix || hash.size() > kWholeHash)) {
    map.refuse(key, in_quotes(hash) + " is not 8 to 64 lower-case hexadecimal digits");
  }
  return hash;
}

PublishedFile read_file(const YamlNode& node, const std::string& network, Problems& problems) {
  MapReader map(node, "a file of " + network, problems);
  PublishedFile file;
  file.name = map.required_text("name");
  if (!is_plain_name(file.name)) map.refuse("name", in_quotes(file.name) + " is no file name");
  file.sha256 = read_hash(map, "sha256");
  file.named_after_sha256 = read_hash(map, "named_after_sha256");
  if (const auto bytes = map.number("bytes")) file.bytes = static_cast<std::uint64_t>(*bytes);
  file.mib = map.number("mib");
  if (file.bytes && file.mib) map.refuse("mib", "'mib' says nothing beside 'bytes'");
  file.format = map.word("format", {"zip", "legacy"});
  return file;
}

WeightsEntry read_entry(const YamlEntry& from, Problems& problems) {
  MapReader map(from.value, from.key, problems);
  WeightsEntry entry;
  entry.network = from.key;
  entry.title = map.required_text("title");
  entry.address = map.text("address");
  entry.source = map.text("source");
  if (!entry.address.empty() && !entry.address.starts_with("https://")) {
    map.refuse("address", in_quotes(entry.address) + " must begin with https://");
  }
  if (entry.address.empty() == entry.source.empty()) {
    map.refuse("source", entry.network + " must have either an 'address' or a 'source'");
  }
  const YamlNode* files = map.required("files");
  if (files && files->items.empty()) map.refuse("files", "'files' must be a list of one or more");
  for (std::size_t i = 0; files && i < files->items.size(); ++i) {
    entry.files.push_back(read_file(files->items[i], entry.network, problems));
  }
  entry.licence = map.required_text("licence");
  entry.licence_note = map.required_text("licence_note");
  entry.input = read_input(map.required("input"), entry.network, problems);
  entry.head = map.text("head");
  entry.strip_prefix = map.text("strip_prefix");
  entry.state_key = map.text("state_key");
  return entry;
}

/// A file name that stood for two networks could not say which it is.
void check_names(const std::vector<WeightsEntry>& entries, const Place& place, Problems& problems) {
  std::map<std::string, std::string> owners;
  for (const WeightsEntry& entry : entries) {
    for (const PublishedFile& file : entry.files) {
      const auto [owner, is_new] = owners.emplace(file.name, entry.network);
      if (!is_new) {
        problems.add(place,
                     in_quotes(file.name) + " is a file of " + owner->second + " and of " + entry.network);
      }
    }
  }
}

}  // namespace

std::vector<WeightsEntry> parse_weights_catalog(const std::string& text, const std::string& origin) {
  Problems problems;
  const YamlNode document = config::parse_yaml(text, {origin, 1, 1}, problems);
  problems.throw_if_any(origin);
  std::vector<WeightsEntry> entries;
  {
    MapReader map(document, "the table of weights", problems);
    if (map.required_text("schema_version") != "1")
      map.refuse("schema_version", "'schema_version' must be 1");
    const YamlNode* weights = map.required("weights");
    for (std::size_t i = 0; weights && i < weights->entries.size(); ++i) {
      entries.push_back(read_entry(weights->entries[i], problems));
    }
  }
  check_names(entries, {origin, 1, 1}, problems);
  problems.throw_if_any(origin);
  return entries;
}

}  // namespace mirrortune
