#include "analysis/detail/groups.h"

#include <algorithm>

namespace mirrortune::detail {
namespace {

bool is_number(const std::string& part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::string block_of(const std::string& tensor) {
  for (std::size_t begin = 0; begin < tensor.size();) {
    const std::size_t end = std::min(tensor.find('.', begin), tensor.size());
    if (is_number(tensor.substr(begin, end - begin))) return tensor.substr(0, end);
    begin = end + 1;
  }
  return tensor.substr(0, tensor.find('.'));
}

std::string kind_of(const std::vector<std::int64_t>& shape) {
  if (shape.size() == 2) return "linear";
  return shape[1] == 1 ? "depthwise" : "conv";
}

std::vector<LayerGroup> group_layers(const std::vector<LayerPair>& layers, GroupBy by) {
  std::vector<LayerGroup> groups;
  if (by == GroupBy::none) return groups;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = by == GroupBy::block ? "block:" + block_of(layers[i].name)
                                                  : "kind:" + kind_of(layers[i].initial->shape);
    auto group = std::ranges::find(groups, name, &LayerGroup::name);
    if (group == groups.end()) group = groups.insert(group, {name, {}});
    group->layers.push_back(i);
  }
  return groups;
}

}  // namespace mirrortune::detail
