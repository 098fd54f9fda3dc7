#include <set>
#include <unordered_map>

#include "base/json.h"
#include "base/text.h"
#include "weights/detail/readers.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 16 << 20;
constexpr int kMaxDepth = 8;

/// Parses the index; a key that occurs twice in one object is refused.
Json parse_index(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  const auto strict = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth) refuse("its JSON is nested too deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      refuse("its JSON has the key \"" + printable(parsed.get<std::string>()) + "\" twice");
    }
    return true;
  };
  try {
    return Json::parse(text, strict);
  } catch (const Json::exception& error) {
    refuse("it is not valid JSON: " + printable(error.what()));
  }
}

/// tensor → the name of its shard, a file in the index's own folder.
std::unordered_map<std::string, std::string> parse_weight_map(const std::string& text) {
  const Json index = parse_index(text);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object()) {
    refuse("it is JSON without a weight_map, so that it is no index of .safetensors shards");
  }
  std::unordered_map<std::string, std::string> shards;
  for (const auto& [tensor, shard] : map->items()) {
    const bool plain = shard.is_string() && !shard.get_ref<const std::string&>().empty() &&
                       shard.get_ref<const std::string&>().find('/') == std::string::npos;
    if (!plain)
      refuse("its weight_map gives tensor \"" + printable(tensor) + "\" something that is no file name");
    shards.emplace(tensor, shard.get<std::string>());
  }
  return shards;
}

FileContents read_shard(const std::filesystem::path& path) {
  const std::string name = printable(path.filename().string());
  try {
    auto file = std::make_unique<RandomAccessFile>(path);
    if (!looks_like_safetensors(*file)) refuse("it is no .safetensors file");
    return read_safetensors(std::move(file));
  } catch (const Refusal& refusal) {
    refuse("its shard " + name + ": " + refusal.what(), refusal.todo);
  }
}

}  // namespace

FileContents read_sharded(const std::filesystem::path& index) {
  std::string text;
  {
    const RandomAccessFile file(index);
    if (file.size() > kMaxIndexBytes) refuse("its index is longer than 16 MiB");
    text.resize(file.size());
    file.read(0, std::as_writable_bytes(std::span(text)));
  }
  auto shard_of = parse_weight_map(text);
  std::set<std::string> names;
  for (const auto& [tensor, shard] : shard_of) names.insert(shard);

  FileContents contents{
      .format = "sharded safetensors", .files = {}, .tensors = {}, .stored = {}, .metadata = {}};
  for (const auto& name : names) {
    auto shard = read_shard(index.parent_path() / name);
    for (std::size_t i = 0; i < shard.tensors.size(); ++i) {
      const auto listed = shard_of.find(shard.tensors[i].name);
      if (listed == shard_of.end() || listed->second != name) continue;
      shard_of.erase(listed);
      shard.stored[i].file = contents.files.size();
      contents.stored.push_back(std::move(shard.stored[i]));
      contents.tensors.push_back(std::move(shard.tensors[i]));
    }
    contents.files.push_back(std::move(shard.files.front()));
    contents.metadata.merge(shard.metadata);
  }
  if (!shard_of.empty()) {
    const auto& [tensor, shard] = *shard_of.begin();
    refuse("its shard " + printable(shard) + " lacks the tensor \"" + printable(tensor) + "\" of the index");
  }
  return contents;
}

}  // namespace mirrortune::detail
