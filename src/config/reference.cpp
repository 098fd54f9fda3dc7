#include "config/reference.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "config/detail/schema.h"

namespace mirrortune {
namespace {

using config::Key;
using config::Kind;
using config::MapBy;
using config::Range;
using config::ValueType;

/// `Number` is how the bounds are written: 1 or 1.0.
template <class Number>
Json ranged(const char* type, const Range& range) {
  Json schema = {{"type", type}};
  if (std::isfinite(range.low)) {
    schema[range.open_low ? "exclusiveMinimum" : "minimum"] = static_cast<Number>(range.low);
  }
  if (std::isfinite(range.high)) schema["maximum"] = static_cast<Number>(range.high);
  return schema;
}

/// Of one value, or of one element of a list.
Json schema_of_element(const ValueType& type) {
  switch (type.kind) {
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer: {
      Json integer = ranged<std::int64_t>("integer", type.range);
      return type.words.empty() ? integer : Json{{"anyOf", {integer, {{"enum", type.words}}}}};
    }
    case Kind::number:
      return ranged<double>("number", type.range);
    case Kind::choice:
      return {{"enum", type.words}};
    case Kind::name:
      return {{"type", "string"}, {"pattern", "^[A-Za-z0-9._-]{1,64}$"}};
    case Kind::potential_by_pattern:
      return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    case Kind::path:
    case Kind::md5:
    case Kind::potential:
    case Kind::model:
      break;
  }
  return {{"type", "string"}};
}

Json list_of(Json element, bool may_be_empty) {
  Json schema = {{"type", "array"}, {"items", std::move(element)}};
  if (!may_be_empty) schema["minItems"] = 1;
  return schema;
}

Json schema_of(const ValueType& type) {
  Json element = schema_of_element(type);
  return type.is_list ? list_of(std::move(element), type.may_be_empty) : element;
}

Json schema_of(const Key& key) {
  Json schema = schema_of(key.type);
  if (key.map_by != MapBy::nothing) {
    schema = {{"anyOf", {schema, {{"type", "object"}, {"additionalProperties", schema}}}}};
  }
  schema["description"] =
      std::string(key.help) + (key.fallback ? "; default: " + std::string(*key.fallback) : "");
  return schema;
}

Json object_schema() {
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
}

/// The part of the schema that a dotted key lies in; made where it is not there yet.
Json& section_of(Json& schema, const Key& key) {
  Json* section = &schema;
  if (key.section().empty()) return *section;
  for (const std::string& name : split(std::string(key.section()), '.')) {
    Json& inner = (*section)["properties"][name];
    if (inner.is_null()) inner = object_schema();
    section = &inner;
  }
  return *section;
}

}  // namespace

std::vector<ConfigKey> config_keys() {
  std::vector<ConfigKey> keys;
  for (const Key& key : config::schema()) {
    keys.push_back({.name = std::string(key.name), .help = std::string(key.help)});
  }
  return keys;
}

Json config_json_schema(const std::vector<std::string>& networks) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "An experiment of mirrortune"}};
  schema.update(object_schema());
  for (const Key& key : config::schema()) {
    section_of(schema, key)["properties"][std::string(key.leaf())] = schema_of(key);
  }
  Json& grid = schema["properties"]["grid"]["properties"];
  if (!networks.empty()) grid["model"]["items"] = {{"enum", networks}};
  for (const Key& key : config::schema()) {
    if (key.set_cell) grid[std::string(key.name)] = list_of(schema_of(key), /*may_be_empty=*/false);
  }
  schema["properties"]["presets"] = {{"type", "object"},
                                     {"description", "values by dotted key, by the name of --preset"},
                                     {"additionalProperties", {{"type", "object"}}}};
  return schema;
}

}  // namespace mirrortune
