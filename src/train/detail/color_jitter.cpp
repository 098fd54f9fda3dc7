#include "train/detail/color_jitter.h"

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "models/sending.h"
#include "train/detail/view_draws.h"

namespace mirrortune {
namespace {

constexpr std::array<double, 3> kGrey = {0.2989, 0.587, 0.114};
constexpr double kWhite = 255;

/// a·x + (1 − a)·y.
torch::Tensor blend(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& a) {
  return x * a + y * (1 - a);
}

torch::Tensor mean_of_pixels(const torch::Tensor& grey) { return grey.mean({1, 2, 3}, /*keepdim=*/true); }

/// Row-major 3×3: rotation of (R, G, B) about its diagonal.
std::array<double, 9> hue_rotation(double turns) {
  const double angle = 2 * std::numbers::pi * turns;
  const double third = (1 - std::cos(angle)) / 3;
  const double edge = std::sin(angle) / std::numbers::sqrt3;
  const double same = std::cos(angle) + third;
  const double back = third - edge;
  const double forth = third + edge;
  return {same, back, forth, forth, same, back, back, forth, same};
}

/// All that FFCV-SSL's jitter does to a pixel x is one affine map: x → M x + s (1 − c) mean(grey), since the
/// rotation leaves grey as it is. M = H (s c b 1 + (1 − s) (1, 1, 1)ᵀ g) of hue H, saturation s, contrast c,
/// brightness b and the weights g of grey.
std::array<double, 9> published_matrix(const ViewDraw& draw) {
  const auto hue = hue_rotation(draw.hue);
  const double scale = draw.saturation * draw.contrast * draw.brightness;
  std::array<double, 9> matrix;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      matrix[3 * row + column] = scale * hue[3 * row + column] + (1 - draw.saturation) * kGrey[column];
    }
  }
  return matrix;
}

torch::Tensor published_change(const torch::Tensor& images, std::span<const ViewDraw> draws) {
  std::vector<double> numbers;
  for (const ViewDraw& draw : draws) {
    const auto matrix = published_matrix(draw);
    numbers.insert(numbers.end(), matrix.begin(), matrix.end());
  }
  const auto wide = torch::tensor(numbers, torch::kFloat64).view({-1, 3, 3});
  const auto matrices = sent_to(images.device(), wide.to(torch::kFloat32));
  const auto shift = per_image(
      draws, [](const ViewDraw& draw) { return draw.saturation * (1 - draw.contrast); }, images);
  const auto moved = torch::bmm(matrices, images.flatten(2)).view_as(images);
  return (moved + shift * mean_of_pixels(grey_of(images))).clamp_(0, kWhite).floor_();
}

torch::Tensor brightness_change(const torch::Tensor& images, std::span<const ViewDraw> draws) {
  return images * per_image(draws, &ViewDraw::brightness, images);
}

torch::Tensor contrast_change(const torch::Tensor& images, std::span<const ViewDraw> draws) {
  return blend(images, mean_of_pixels(grey_of(images)), per_image(draws, &ViewDraw::contrast, images));
}

torch::Tensor saturation_change(const torch::Tensor& images, std::span<const ViewDraw> draws) {
  return blend(images, grey_of(images), per_image(draws, &ViewDraw::saturation, images));
}

/// By way of hue, saturation and value. With the value V and the chroma C of a pixel, a channel is
/// V − C·max(0, min(k, 4 − k, 1)), k = (n + 6·hue) mod 6 and n = 5, 3, 1 for R, G, B.
torch::Tensor hue_change(const torch::Tensor& images, std::span<const ViewDraw> draws) {
  const auto red = images.narrow(1, 0, 1);
  const auto green = images.narrow(1, 1, 1);
  const auto blue = images.narrow(1, 2, 1);
  const auto value = images.amax(1, /*keepdim=*/true);
  const auto chroma = value - images.amin(1, /*keepdim=*/true);
  const auto safe = torch::where(chroma > 0, chroma, torch::ones_like(chroma));
  const auto sixths =
      torch::where(value == red, (green - blue) / safe,
                   torch::where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe));
  const auto turned = sixths + 6 * per_image(draws, &ViewDraw::hue, images);
  std::vector<torch::Tensor> channels;
  for (const double n : {5.0, 3.0, 1.0}) {
    const auto k = torch::remainder(n + turned, 6);
    channels.push_back(value - chroma * torch::minimum(k, 4 - k).clamp(0, 1));
  }
  return torch::cat(channels, 1);
}

constexpr std::array kStandardChanges = {&brightness_change, &contrast_change, &saturation_change,
                                         &hue_change};

}  // namespace

torch::Tensor grey_of(const torch::Tensor& images) {
  const auto weights = torch::tensor({kGrey[0], kGrey[1], kGrey[2]}, images.options()).view({1, 3, 1, 1});
  return (images * weights).sum(1, /*keepdim=*/true);
}

void jitter_as_published(torch::Tensor& images, std::span<const ViewDraw> draws) {
  change_where(images, draws, &ViewDraw::jitter, published_change);
}

void jitter_as_torchvision(torch::Tensor& images, std::span<const ViewDraw> draws) {
  for (std::size_t place = 0; place < kStandardChanges.size(); ++place) {
    for (std::size_t which = 0; which < kStandardChanges.size(); ++which) {
      const auto is_next = [&](const ViewDraw& draw) {
        return draw.jitter && draw.order[place] == static_cast<int>(which);
      };
      change_where(images, draws, is_next, [&](const torch::Tensor& some, std::span<const ViewDraw> their) {
        return kStandardChanges[which](some, their).clamp_(0, kWhite);
      });
    }
  }
}

}  // namespace mirrortune
