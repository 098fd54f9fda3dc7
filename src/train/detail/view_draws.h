#pragma once

#include <functional>
#include <span>
#include <vector>

#include <torch/torch.h>

#include "models/sending.h"
#include "train/views.h"

namespace mirrortune {

/// A number of each draw, float32 [N, 1, 1, 1] on the device of `images`.
template <class Number>
torch::Tensor per_image(std::span<const ViewDraw> draws, const Number& number, const torch::Tensor& images) {
  std::vector<float> numbers;
  for (const ViewDraw& draw : draws) numbers.push_back(static_cast<float>(std::invoke(number, draw)));
  return sent_to(images.device(), torch::tensor(numbers, torch::kFloat32)).view({-1, 1, 1, 1});
}

/// Replaces the images whose draws fulfil `condition` by what `change` makes of them and of their draws.
template <class Condition, class Change>
void change_where(torch::Tensor& images, std::span<const ViewDraw> draws, const Condition& condition,
                  const Change& change) {
  std::vector<std::int64_t> rows;
  std::vector<ViewDraw> chosen;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    if (!std::invoke(condition, draws[i])) continue;
    rows.push_back(static_cast<std::int64_t>(i));
    chosen.push_back(draws[i]);
  }
  if (rows.empty()) return;
  const auto places = sent_to(images.device(), torch::tensor(rows, torch::kInt64));
  images.index_copy_(0, places, change(images.index_select(0, places), std::span<const ViewDraw>(chosen)));
}

}  // namespace mirrortune
