#include "experiment/detail/compute_record.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune {

std::string compute_key(const CellOptions& cell, const std::string& device) {
  return fmt::format("{} at {}, batch {}, {}, {}", cell.model.name, cell.data.resolution,
                     cell.train.batch_size, to_text(cell.train.precision), device);
}

namespace {

/// Of a record that `to_json` wrote.
SideBySide side_by_side_of(const Json& record) {
  if (!record.contains("side_by_side")) return {};
  const auto& found = record.at("side_by_side");
  SideBySide result{.trainings = found.at("trainings").get<int>()};
  for (const auto& [trainings, rate] : found.at("images_per_second").items()) {
    result.images_per_second[static_cast<int>(parse_integer(trainings).value_or(0))] = rate.get<double>();
  }
  return result;
}

}  // namespace

ComputeRecords read_compute_records(const std::filesystem::path& run_folder) {
  const auto path = run_folder / "manifest.json";
  if (!std::filesystem::exists(path)) return {};
  const auto document = read_json(path);
  ComputeRecords records;
  if (!document.contains("compute")) return records;
  try {
    for (const auto& [key, value] : document.at("compute").items()) {
      records[key] = {.plan = parse_compute_plan(value.at("plan").get<std::string>()),
                      .images_per_second = value.value("images_per_second", std::map<std::string, double>()),
                      .side_by_side = side_by_side_of(value),
                      .steps = value.value("steps", std::string())};
    }
  } catch (const Json::exception& error) {
    throw DataError({.what = "cannot read how the run was computed",
                     .where = path.string(),
                     .why = error.what(),
                     .safe = "Nothing was changed",
                     .todo = "Remove 'compute' from the file to have it chosen anew"});
  }
  return records;
}

Json to_json(const ComputeRecords& records) {
  Json all = Json::object();
  for (const auto& [key, record] : records) {
    Json one = {{"plan", to_text(record.plan)}};
    if (!record.images_per_second.empty()) one["images_per_second"] = record.images_per_second;
    for (const auto& [trainings, rate] : record.side_by_side.images_per_second) {
      one["side_by_side"]["trainings"] = record.side_by_side.trainings;
      one["side_by_side"]["images_per_second"][std::to_string(trainings)] = rate;
    }
    if (!record.steps.empty()) one["steps"] = record.steps;
    all[key] = std::move(one);
  }
  return all;
}

void write_compute_records(const std::filesystem::path& run_folder, const ComputeRecords& records) {
  const auto path = run_folder / "manifest.json";
  auto document = read_json(path);
  document["compute"] = to_json(records);
  write_json(path, document);
}

}  // namespace mirrortune
