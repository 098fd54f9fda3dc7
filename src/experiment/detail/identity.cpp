#include "experiment/detail/identity.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"

namespace mirrortune {

Identity cell_identity(const CellOptions& cell, std::uint64_t base_seed, const std::string& weights_sha256) {
  Identity identity(cell.identity.begin(), cell.identity.end());
  identity["model.weights_sha256"] = weights_sha256;
  identity["seeds.base"] = std::to_string(base_seed);
  return identity;
}

Identity trial_identity(Identity cell, std::uint64_t seed) {
  cell["seed"] = std::to_string(seed);
  return cell;
}

std::string sha256_of(const Identity& identity) {
  std::string lines;
  for (const auto& [key, value] : identity) lines += key + "=" + value + "\n";
  return sha256_hex(lines);
}

std::vector<std::string> differences(const Identity& now, const Json& record) {
  const auto there = record.at("identity").get<Identity>();
  std::vector<std::string> result;
  const auto text = [](const Identity& identity, const std::string& key) {
    const auto found = identity.find(key);
    return found == identity.end() ? std::string("absent") : printable(found->second);
  };
  auto keys = now;
  keys.insert(there.begin(), there.end());
  for (const auto& [key, value] : keys) {
    const auto old_value = text(there, key);
    const auto new_value = text(now, key);
    if (old_value != new_value) result.push_back(key + " (" + old_value + " there, " + new_value + " now)");
  }
  return result;
}

void throw_other_identity(const std::string& folder, const std::vector<std::string>& differences) {
  throw ResumeError(
      {.what = "cannot resume",
       .where = folder,
       .why = "it was made with another configuration: " + join(differences, ", "),
       .safe = "Nothing was changed",
       .todo = "Give back the old values, choose another name or --out, or start anew with --fresh"});
}

}  // namespace mirrortune
