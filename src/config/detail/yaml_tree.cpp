#include "config/detail/yaml_tree.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace mirrortune::config {
namespace {

constexpr std::size_t kDepth = 16;  ///< yaml-cpp recurses; no configuration needs more than five levels

/// Ends the parse: what follows is not worth reading.
struct StopParsing {};

/// Builds the tree from yaml-cpp's events, which still know anchors, tags and quotes.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Place& origin, Problems& problems) : origin_(origin), problems_(problems) {}

  YamlNode take() { return std::move(root_); }
  Place place(const YAML::Mark& mark) const {
    return origin_.line == 0 ? origin_ : Place{origin_.origin, mark.line + 1, mark.column + 1};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    problems_.add(place(mark), "a second document starts here; a configuration is one document");
    throw StopParsing{};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "?", anchor);
    add(make(YamlNode::Kind::empty, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.add(place(mark), "aliases (*name) are not allowed; write the value out");
    add(make(YamlNode::Kind::empty, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    YamlNode node = make(YamlNode::Kind::scalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    open(YamlNode::Kind::list, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check(mark, tag, anchor);
    open(YamlNode::Kind::map, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that is being read, and the key whose value comes next.
  struct Open {
    YamlNode node;
    bool has_key = false;
    bool drop_value = false;  ///< the key was no good: its value is read and left out
    YamlEntry entry = {};
  };

  YamlNode make(YamlNode::Kind kind, const YAML::Mark& mark) const {
    YamlNode node;
    node.kind = kind;
    node.place = place(mark);
    return node;
  }

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) problems_.add(place(mark), "anchors (&name) are not allowed; write the value out");
    if (tag != "?" && tag != "!" && !tag.empty()) {
      problems_.add(place(mark),
                    "tags (" + in_quotes(tag) + ") are not allowed; the key itself gives the type");
    }
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (open_.size() >= kDepth) {
      problems_.add(place(mark), "nested deeper than " + std::to_string(kDepth) + " levels");
      throw StopParsing{};
    }
    open_.push_back({make(kind, mark)});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      begin_entry(parent, std::move(node));
    } else {
      parent.has_key = false;
      // yaml-cpp places an absent value at the next token; the key is what one looks for.
      if (node.kind == YamlNode::Kind::empty) node.place = parent.entry.place;
      parent.entry.value = std::move(node);
      if (!parent.drop_value) parent.node.entries.push_back(std::move(parent.entry));
    }
  }

  void begin_entry(Open& map, YamlNode key) {
    map.has_key = true;
    map.drop_value = true;
    map.entry = YamlEntry{key.text, key.place, {}};
    if (key.kind != YamlNode::Kind::scalar) {
      problems_.add(key.place, "a key must be a word");
    } else if (const YamlEntry* first = map.node.find(key.text)) {
      problems_.add(key.place, "duplicate key " + in_quotes(key.text) + ", first at " + first->place.text());
    } else {
      map.drop_value = false;
    }
  }

  const Place& origin_;
  Problems& problems_;
  std::vector<Open> open_;
  YamlNode root_;
  int documents_ = 0;
};

/// The place of the first character that no YAML text may hold; nothing found: line 0.
Place find_bad_character(std::string_view text, const Place& origin) {
  Place place{origin.origin, 1, 1};
  for (std::size_t start = 0; start < text.size(); ++place.line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    const auto bad = std::find_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7F;
    });
    if (bad != line.end() || !is_utf8(line)) {
      place.column = bad != line.end() ? static_cast<int>(bad - line.begin()) + 1 : 1;
      return place;
    }
    start = end + 1;
  }
  return {};
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./";
  const bool word = !text.empty() &&
                    text.find_first_not_of(std::string(kWord) + "-+=") == std::string_view::npos &&
                    kWord.find(text.front()) != std::string_view::npos;
  const bool null = text == "null" || text == "Null" || text == "NULL";
  return word && !null && text.substr(0, 3) != "...";
}

}  // namespace

YamlEntry* YamlNode::find(std::string_view key) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

YamlNode text_node(std::string text, const Place& place) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = std::move(text);
  node.place = place;
  return node;
}

YamlNode parse_yaml(const std::string& text, const Place& origin, Problems& problems) {
  const Place bad = find_bad_character(text, origin);
  if (bad.line != 0) {
    problems.add(origin.line == 0 ? origin : bad, "a control character or a byte that is not UTF-8");
    return {};
  }
  // yaml-cpp misses a quote that is not closed when a newline ends the text.
  std::istringstream stream(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
  TreeBuilder builder(origin, problems);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    const bool alias = error.msg.find("anchor is not defined") != std::string::npos;
    problems.add(builder.place(error.mark),
                 alias ? "aliases (*name) are not allowed; write the value out" : "not YAML: " + error.msg);
  }
  return builder.take();
}

void refuse_unknown(const YamlNode& map, const std::vector<std::string>& known, Problems& problems) {
  for (const YamlEntry& entry : map.entries) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    const auto close = nearest(entry.key, known);
    problems.add(entry.place, "unknown key " + in_quotes(entry.key) +
                                  (close ? "; did you mean '" + *close + "'?" : "") + " There are " +
                                  join(known, ", "));
  }
}

std::string yaml_scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string scalar = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      scalar += '\\';
      scalar += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      scalar += "\\x";
      scalar += kDigits[byte >> 4];
      scalar += kDigits[byte & 15];
    } else {
      scalar += c;
    }
  }
  return scalar + '"';
}

}  // namespace mirrortune::config
