#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/json.h"
#include "base/text.h"
#include "weights/detail/readers.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 16 << 20;
constexpr std::size_t kMaxDepth = 8;

/// Takes the index's JSON piece by piece and keeps the pairs of its weight_map alone, in time linear in its
/// length. Refuses a key that occurs twice in one object.
class IndexParser : public nlohmann::json_sax<Json> {
 public:
  /// tensor → the name of its shard
  std::unordered_map<std::string, std::string> shards;
  bool has_map = false;

  bool null() override { return no_text(); }
  bool boolean(bool) override { return no_text(); }
  bool number_integer(number_integer_t) override { return no_text(); }
  bool number_unsigned(number_unsigned_t) override { return no_text(); }
  bool number_float(number_float_t, const string_t&) override { return no_text(); }
  bool binary(binary_t&) override { return no_text(); }

  bool string(string_t& value) override {
    if (!in_map()) return true;
    const bool plain = !value.empty() && value.find('/') == std::string::npos;
    if (!plain) return no_text();
    shards.emplace(key_, value);
    return true;
  }

  bool start_object(std::size_t) override {
    no_text();
    has_map = has_map || (keys_.size() == 1 && key_ == "weight_map");
    return deeper();
  }
  bool start_array(std::size_t) override { return no_text() && deeper(); }
  bool end_object() override { return keys_.pop_back(), true; }
  bool end_array() override { return keys_.pop_back(), true; }

  bool key(string_t& value) override {
    key_ = value;
    if (keys_.size() == 1) section_ = value;
    if (!keys_.back().insert(value).second) refuse("its JSON has the key \"" + printable(value) + "\" twice");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    refuse("it is not valid JSON at byte " + std::to_string(position));
  }

 private:
  bool in_map() const { return keys_.size() == 2 && section_ == "weight_map" && has_map; }

  bool no_text() const {
    if (!in_map()) return true;
    refuse("its weight_map gives tensor \"" + printable(key_) + "\" something that is no file name");
  }

  bool deeper() {
    if (keys_.size() == kMaxDepth) refuse("its JSON is nested too deep");
    keys_.emplace_back();
    return true;
  }

  std::vector<std::unordered_set<std::string>> keys_;  ///< of the objects and arrays around
  std::string key_, section_;                          ///< the last key, and the last of the root
};

std::unordered_map<std::string, std::string> parse_weight_map(const std::string& text) {
  IndexParser parser;
  Json::sax_parse(text, &parser);
  if (!parser.has_map) {
    refuse("it is JSON without a weight_map, so that it is no index of .safetensors shards");
  }
  return std::move(parser.shards);
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
