#include "config/detail/value.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>

#include "base/text.h"
#include "config/weights_catalog.h"
#include "potential/potential.h"

namespace mirrortune::config {
namespace {

std::string limits(const Range& range) {
  const std::string low = format_number(range.low);
  const std::string high = format_number(range.high);
  if (std::isinf(range.high)) return range.open_low ? " above " + low : " of at least " + low;
  if (range.low == range.high) return " equal to " + low;
  return range.open_low ? " above " + low + " and at most " + high : " from " + low + " to " + high;
}

std::string whole_limits(const Range& range) {
  const auto whole = [](double value) { return std::to_string(static_cast<long long>(value)); };
  if (range.low == range.high) return whole(range.low);
  return "a whole number from " + whole(range.low) + " to " + whole(range.high);
}

std::string one_description(const ValueType& type) {
  std::vector<std::string> words(type.words.begin(), type.words.end());
  switch (type.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return whole_limits(type.range) + (words.empty() ? "" : " or the word " + join(words, " or "));
    case Kind::number:
      return "a number" + limits(type.range);
    case Kind::choice:
      return "one of " + join(words, ", ");
    case Kind::name:
      return "1 to 64 characters of A-Z a-z 0-9 . _ -";
    case Kind::path:
      return "a path" + std::string(type.weights ? ", a name of `mirrortune weights ls`" : "") +
             (words.empty() ? "" : " or the word " + join(words, " or "));
    case Kind::md5:
      return "an MD5 of 32 digits 0-9 a-f";
    case Kind::potential:
      return "a potential, like negative_entropy or 3-norm";
    case Kind::potential_by_pattern:
      return "a map from patterns of parameters to potentials, like {BatchNorm2d: 2-norm, \"*.bias\": "
             "2-norm}";
    case Kind::model:
      return "the name of a network";
  }
  return {};
}

/// Reads one scalar; every failure is one sentence.
class ScalarReader {
 public:
  ScalarReader(const ValueType& type, const YamlNode& node, const ValueContext& context, Problems& problems)
      : type_(type), node_(node), context_(context), problems_(problems) {}

  std::optional<Value> read() const {
    switch (type_.kind) {
      case Kind::boolean:
        return boolean();
      case Kind::integer:
        return integer();
      case Kind::number:
        return number();
      case Kind::choice:
        return choice();
      case Kind::name:
        return name();
      case Kind::path:
        return path();
      case Kind::md5:
        return md5();
      case Kind::potential:
        return potential();
      case Kind::model:
        return model();
      case Kind::potential_by_pattern:
        return refuse();
    }
    return {};
  }

 private:
  std::nullopt_t refuse(const std::string& why = {}) const {
    problems_.add(node_.place, in_quotes(node_.text) + (why.empty() ? " is not " : " " + why + "; must be ") +
                                   one_description(type_));
    return std::nullopt;
  }

  bool is_word() const {
    return std::find(type_.words.begin(), type_.words.end(), node_.text) != type_.words.end();
  }

  bool in_range(double value) const {
    return value >= type_.range.low && value <= type_.range.high &&
           !(type_.range.open_low && value == type_.range.low);
  }

  std::optional<Value> boolean() const {
    if (node_.quoted) return refuse("is text in quotes");
    if (node_.text == "true") return true;
    if (node_.text == "false") return false;
    return refuse();
  }

  std::optional<Value> integer() const {
    if (node_.quoted) return refuse("is text in quotes");
    if (is_word()) return node_.text;
    const auto value = parse_integer(node_.text);
    if (!value || !in_range(static_cast<double>(*value))) return refuse();
    return std::int64_t{*value};
  }

  std::optional<Value> number() const {
    if (node_.quoted) return refuse("is text in quotes");
    const auto value = parse_number(node_.text);
    if (!value || !std::isfinite(*value) || !in_range(*value)) return refuse();
    return *value + 0.0;  // −0 becomes 0, so that equal settings have one text
  }

  std::optional<Value> choice() const {
    if (is_word()) return node_.text;
    const auto& words = type_.words;
    const auto close = nearest(node_.text, {words.begin(), words.end()});
    problems_.add(node_.place, in_quotes(node_.text) + " is not " + one_description(type_) +
                                   (close ? "; did you mean '" + *close + "'?" : ""));
    return {};
  }

  std::optional<Value> name() const {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const std::string& text = node_.text;
    const bool fits =
        !text.empty() && text.size() <= 64 && text.find_first_not_of(kAllowed) == std::string::npos;
    if (!fits || text == "." || text == "..") return refuse();
    return text;
  }

  std::optional<Value> path() const {
    if (is_word()) return node_.text;
    if (type_.weights && find_weights(node_.text)) {
      std::error_code absent;  // a file of that name comes first
      if (!std::filesystem::exists(context_.folder / node_.text, absent)) return node_.text;
    }
    const auto expanded = expand();
    if (!expanded) return {};
    if (expanded->empty()) return refuse("is empty");
    return (context_.folder / *expanded).lexically_normal().string();
  }

  /// ${NAME} becomes the environment variable's text; $${ is a plain ${.
  std::optional<std::string> expand() const {
    std::string expanded;
    std::string_view rest = node_.text;
    for (std::size_t start; (start = rest.find("${")) != std::string_view::npos;) {
      if (start > 0 && rest[start - 1] == '$') {
        expanded += std::string(rest.substr(0, start - 1)) + "${";
        rest.remove_prefix(start + 2);
        continue;
      }
      const std::size_t end = rest.find('}', start);
      if (end == std::string_view::npos) return refuse("has ${ without }");
      const std::string variable(rest.substr(start + 2, end - start - 2));
      const char* text = std::getenv(variable.c_str());
      if (!text) {
        problems_.add(node_.place, in_quotes(node_.text) + " names the environment variable " +
                                       in_quotes(variable) + ", which is not set");
        return {};
      }
      if (!is_utf8(text)) return refuse("names an environment variable whose text is not UTF-8");
      expanded += std::string(rest.substr(0, start)) + text;
      rest.remove_prefix(end + 1);
    }
    return expanded += rest;
  }

  std::optional<Value> md5() const {
    std::string text = node_.text;
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool fits = text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!fits) return refuse();
    return text;
  }

  std::optional<Value> potential() const {
    try {
      return to_text(parse_potential(node_.text));
    } catch (const std::invalid_argument& error) {
      problems_.add(node_.place, error.what());
      return {};
    }
  }

  std::optional<Value> model() const {
    const std::vector<std::string> known = context_.known.all();
    if (known.empty() || std::find(known.begin(), known.end(), node_.text) != known.end()) return node_.text;
    const auto close = nearest(node_.text, known);
    problems_.add(node_.place, "no network is called " + in_quotes(node_.text) +
                                   (close ? "; did you mean '" + *close + "'?" : "") +
                                   " Known: " + join(known, ", "));
    return {};
  }

  const ValueType& type_;
  const YamlNode& node_;
  const ValueContext& context_;
  Problems& problems_;
};

std::string kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::empty:
      return "there is no value";
    case YamlNode::Kind::list:
      return "a list stands here";
    case YamlNode::Kind::map:
      return "a map stands here";
    case YamlNode::Kind::scalar:
      break;
  }
  return in_quotes(node.text) + " is no list";
}

std::optional<Value> parse_scalar(const ValueType& type, const YamlNode& node, const ValueContext& context,
                                  Problems& problems) {
  if (node.kind == YamlNode::Kind::scalar) return ScalarReader(type, node, context, problems).read();
  problems.add(node.place, kind_name(node) + "; must be " + one_description(type));
  return {};
}

template <class T>
std::optional<Value> gather(const ValueType& type, const std::vector<Value>& values, const YamlNode& node,
                            Problems& problems) {
  std::vector<T> list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T& value = std::get<T>(values[i]);
    const Place& place = node.items[i].place;
    if (std::find(list.begin(), list.end(), value) != list.end()) {
      problems.add(place, in_quotes(node.items[i].text) + " stands twice in the list");
      return {};
    }
    if (type.increasing && !list.empty() && value < list.back()) {
      problems.add(place,
                   in_quotes(node.items[i].text) + " is below the one before it; the list must increase");
      return {};
    }
    list.push_back(value);
  }
  return list;
}

std::optional<Value> parse_list(const ValueType& type, const YamlNode& node, const ValueContext& context,
                                Problems& problems) {
  if (node.kind != YamlNode::Kind::list) {
    problems.add(node.place, kind_name(node) + "; must be " + type.description());
    return {};
  }
  if (node.items.empty() && !type.may_be_empty) {
    problems.add(node.place, "the list is empty; must be " + type.description());
    return {};
  }
  std::vector<Value> values;
  for (const YamlNode& item : node.items) {
    if (auto value = parse_scalar(type, item, context, problems)) values.push_back(std::move(*value));
  }
  if (values.size() != node.items.size()) return {};
  if (type.kind == Kind::integer) return gather<std::int64_t>(type, values, node, problems);
  if (type.kind == Kind::number) return gather<double>(type, values, node, problems);
  return gather<std::string>(type, values, node, problems);
}

/// The potential of each pattern, in the order of the file: the first that fits a parameter takes it.
std::optional<Value> parse_potentials_by_pattern(const ValueType& type, const YamlNode& node,
                                                 const ValueContext& context, Problems& problems) {
  if (node.kind != YamlNode::Kind::map) {
    problems.add(node.place, kind_name(node) + "; must be " + one_description(type));
    return {};
  }
  std::vector<std::pair<std::string, std::string>> groups;
  for (const YamlEntry& entry : node.entries) {
    const auto potential = parse_scalar({.kind = Kind::potential}, entry.value, context, problems);
    if (potential) groups.emplace_back(entry.key, std::get<std::string>(*potential));
  }
  if (groups.size() != node.entries.size()) return {};
  return groups;
}

}  // namespace

std::string escape_path(std::string_view path) {
  std::string escaped;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.substr(i, 2) == "${") escaped += '$';
    escaped += path[i];
  }
  return escaped;
}

std::string ValueType::description() const {
  if (!is_list) return one_description(*this);
  return "a list like [a, b], each " + one_description(*this) + (increasing ? ", increasing" : "");
}

std::optional<Value> parse_value(const ValueType& type, const YamlNode& node, const ValueContext& context,
                                 Problems& problems) {
  if (type.kind == Kind::potential_by_pattern) {
    return parse_potentials_by_pattern(type, node, context, problems);
  }
  return type.is_list ? parse_list(type, node, context, problems)
                      : parse_scalar(type, node, context, problems);
}

std::string to_yaml(const Value& value, Kind kind) {
  const auto one = [kind](const auto& item) -> std::string {
    using T = std::decay_t<decltype(item)>;
    if constexpr (std::is_same_v<T, bool>) {
      return item ? "true" : "false";
    } else if constexpr (std::is_same_v<T, double>) {
      return format_number(item);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return std::to_string(item);
    } else {
      return yaml_scalar(kind == Kind::path ? escape_path(item) : item);
    }
  };
  return std::visit(
      [&](const auto& content) -> std::string {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, std::vector<std::pair<std::string, std::string>>>) {
          std::vector<std::string> items;
          for (const auto& [pattern, potential] : content) {
            items.push_back(yaml_scalar(pattern) + ": " + yaml_scalar(potential));
          }
          return "{" + join(items, ", ") + "}";
        } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
          return one(content);
        } else {
          std::vector<std::string> items;
          for (const auto& item : content) items.push_back(one(item));
          return "[" + join(items, ", ") + "]";
        }
      },
      value);
}

}  // namespace mirrortune::config
