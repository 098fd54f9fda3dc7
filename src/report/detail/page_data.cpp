#include "report/detail/page_data.h"

#include <algorithm>
#include <limits>
#include <set>

#include "report/detail/format.h"
#include "report/detail/theme.h"

namespace mirrortune::report {
namespace {

/// [first bin, below, above, counts from the first to the last bin that is not empty]
Json compact(const Histogram& histogram) {
  const auto filled = [](std::uint32_t count) { return count > 0; };
  const auto first = std::ranges::find_if(histogram.counts, filled);
  auto last = histogram.counts.end();
  while (last != first && *(last - 1) == 0) --last;
  Json list = {first - histogram.counts.begin(), histogram.below, histogram.above};
  for (auto count = first; count != last; ++count) list.push_back(*count);
  return list;
}

using Column = double Change::*;
const std::vector<std::pair<const char*, Column>>& statistics() {
  static const std::vector<std::pair<const char*, Column>> columns = {
      {"n", &Change::n},
      {"delta_cdf", &Change::delta_cdf},
      {"floor_ratio", &Change::floor_ratio},
      {"w1", &Change::w1},
      {"magnitude", &Change::magnitude},
      {"mean", &Change::mean},
      {"sd", &Change::sd},
      {"skew", &Change::skew},
      {"excess_kurtosis", &Change::excess_kurtosis},
      {"zeros", &Change::zeros},
      {"sign_flips", &Change::sign_flips},
      {"log_sd_w0", &Change::log_sd_w0},
  };
  return columns;
}

/// The layers of one trial seen by one potential.
struct Group {
  std::map<std::string, const Change*> changes;        ///< by module; `all` too
  std::map<std::string, const Histogram*> histograms;  ///< the same
};
using Groups = std::map<std::pair<Key, std::string>, Group>;

Groups group_layers(const RunData& data) {
  Groups groups;
  for (const auto& change : data.changes) {
    if (change.layer == "all" || !is_summary(change.layer)) {
      groups[{change.key, change.evaluated_with}].changes[change.layer] = &change;
    }
  }
  for (const auto& [key, histogram] : data.histograms) {
    if (key.layer == "all" || !is_summary(key.layer)) {
      groups[{key.key, key.evaluated_with}].histograms[key.layer] = &histogram;
    }
  }
  return groups;
}

/// Which layers of which seeds go into the page.
enum class Detail { everything, first_seed, pooled_only };

Json group_json(const std::pair<Key, std::string>& key, const Group& group,
                const std::vector<std::string>& layers) {
  Json json = {{"network", key.first.network},
               {"trained_with", display(key.first.potential)},
               {"evaluated_with", display(key.second)},
               {"seed", std::to_string(key.first.seed)},
               {"layers", layers.size()}};
  for (const auto& [name, column] : statistics()) {
    Json values = Json::array();
    for (const auto& layer : layers) {
      const auto found = group.changes.find(layer);
      const bool here = found != group.changes.end();
      values.push_back(here ? number_or_null(rounded(found->second->*column)) : Json(nullptr));
    }
    json[name] = std::move(values);
  }
  Json histograms = Json::array();
  for (const auto& layer : layers) {
    const auto found = group.histograms.find(layer);
    histograms.push_back(found != group.histograms.end() ? compact(*found->second) : Json(nullptr));
  }
  json["histograms"] = std::move(histograms);
  return json;
}

Json groups_json(const RunData& data, const Groups& groups, Detail detail) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> first_seed;
  for (const auto& [key, group] : groups) {
    const auto [found, added] =
        first_seed.emplace(std::pair(key.first.network, key.first.potential), key.first.seed);
    if (!added) found->second = std::min(found->second, key.first.seed);
  }
  Json list = Json::array();
  for (const auto& [key, group] : groups) {
    std::vector<std::string> layers = {"all"};  // always the first, then the modules in the network's order
    const bool all_layers = detail == Detail::everything ||
                            (detail == Detail::first_seed &&
                             first_seed.at({key.first.network, key.first.potential}) == key.first.seed);
    const auto modules = data.layers.find(key.first.network);
    if (all_layers && modules != data.layers.end()) {
      layers.insert(layers.end(), modules->second.begin(), modules->second.end());
    }
    list.push_back(group_json(key, group, layers));
  }
  return list;
}

Json displayed(const std::vector<std::string>& potentials) {
  Json names = Json::array();
  for (const auto& potential : potentials) names.push_back(display(potential));
  return names;
}

}  // namespace

PageData make_page_data(const RunData& data, const std::vector<Figure>& figures, const FigureTables& tables,
                        std::size_t layer_bytes) {
  const Groups groups = group_layers(data);
  PageData page;
  Json layers = groups_json(data, groups, Detail::everything);
  if (layers.dump(-1, ' ', false, Json::error_handler_t::replace).size() > layer_bytes) {
    layers = groups_json(data, groups, Detail::first_seed);
    page.note =
        "To keep this page small, single layers are here for the first seed of each group only; the run's "
        "analysis folder holds them all.";
  }
  if (layers.dump(-1, ' ', false, Json::error_handler_t::replace).size() > layer_bytes) {
    layers = groups_json(data, groups, Detail::pooled_only);
    page.note =
        "To keep this page small, single layers are not in it; the run's analysis folder holds them all.";
  }
  Json names = Json::object();
  for (const auto& [network, modules] : data.layers) names[network] = modules;
  page.json = {{"networks", data.networks},
               {"trained_with", displayed(data.potentials)},
               {"evaluated_with", displayed(data.evaluated_with)},
               {"layers", std::move(names)},
               {"bins", {{"left", -8}, {"width", kBinWidth}}},
               {"config", chart_config(page_theme())},
               {"figures", figures_json(figures)},
               {"tables",
                {{"delta_cdf", columns_json(tables.at("delta_cdf"))},
                 {"trajectories", columns_json(tables.at("trajectories"))},
                 {"curves", columns_json(tables.at("curves"))},
                 {"search", columns_json(tables.at("search"))},
                 {"geometry", columns_json(tables.at("geometry"))}}},
               {"groups", std::move(layers)}};
  page.json["config"]["legend"] = {{"disable", true}};  // the page has its own
  return page;
}

}  // namespace mirrortune::report
