#include "train/views.h"

#include <algorithm>
#include <cmath>

#include "base/dice.h"
#include "base/error.h"
#include "train/detail/color_jitter.h"
#include "train/detail/view_draws.h"

namespace mirrortune {
namespace {

constexpr double kFlipProbability = 0.5;
constexpr double kGreyProbability = 0.2;
constexpr double kJitterProbability = 0.8;
constexpr double kJitter = 0.4;  ///< of brightness, contrast and saturation about 1
constexpr double kHueJitter = 0.1;

constexpr int kCropAttempts = 10;
/// Each image has a block of draws of its own for each view.
constexpr std::uint64_t kDrawsPerView = 64;

/// As torchvision's RandomResizedCrop draws it; the whole square after ten draws that do not fit.
std::array<double, 4> draw_box(Dice& dice, int side) {
  const auto whole = static_cast<double>(side);
  for (int attempt = 0; attempt < kCropAttempts; ++attempt) {
    const double area = whole * whole * dice.uniform(0.2, 1);
    const double aspect = std::exp(dice.uniform(std::log(3.0 / 4), std::log(4.0 / 3)));
    const auto width = static_cast<int>(std::lround(std::sqrt(area * aspect)));
    const auto height = static_cast<int>(std::lround(std::sqrt(area / aspect)));
    if (width < 1 || height < 1 || width > side || height > side) continue;
    const int top = dice.below(side - height + 1);
    const int left = dice.below(side - width + 1);
    return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(width),
            static_cast<double>(height)};
  }
  return {0, 0, whole, whole};
}

ViewDraw draw_view(Dice dice, int side, const ViewOptions& options) {
  ViewDraw draw;
  const auto whole = static_cast<double>(side);
  draw.flip = dice.coin(kFlipProbability);
  draw.grey = dice.coin(kGreyProbability);
  draw.jitter = dice.coin(kJitterProbability);
  for (double* factor : {&draw.brightness, &draw.contrast, &draw.saturation})
    *factor = dice.uniform(1 - kJitter, 1 + kJitter);
  draw.hue = dice.uniform(-kHueJitter, kHueJitter);
  for (int i = 3; i > 0; --i) {
    std::swap(draw.order[static_cast<std::size_t>(i)],
              draw.order[static_cast<std::size_t>(dice.below(i + 1))]);
  }
  draw.box = options.crop == ViewCrop::center ? std::array{0.0, 0.0, whole, whole} : draw_box(dice, side);
  return draw;
}

/// Places of the samples along one side of a box, [N, side], in grid_sample's units: the whole image is −1 to
/// 1. They stay within the box, so that nothing beside it is looked at.
torch::Tensor sample_places(const torch::Tensor& begin, const torch::Tensor& extent, std::int64_t side) {
  const auto middles = torch::arange(side, begin.options()).add_(0.5).div_(static_cast<double>(side));
  const auto inside = (middles * extent - 0.5).clamp_min(0).minimum(extent - 1);
  return (begin + inside + 0.5) * (2.0 / static_cast<double>(side)) - 1;
}

/// Each image's box, brought to the images' size by bilinear interpolation.
torch::Tensor cut(const torch::Tensor& images, std::span<const ViewDraw> draws) {
  const std::int64_t side = images.size(3);
  const auto column = [&](std::size_t i) {
    return per_image(
               draws, [i](const ViewDraw& draw) { return draw.box[i]; }, images)
        .view({-1, 1});
  };
  const auto x = sample_places(column(0), column(2), side).unsqueeze(1).expand({-1, side, -1});
  const auto y = sample_places(column(1), column(3), side).unsqueeze(2).expand({-1, -1, side});
  namespace F = torch::nn::functional;
  return F::grid_sample(images, torch::stack({x, y}, 3),
                        F::GridSampleFuncOptions().padding_mode(torch::kBorder).align_corners(false));
}

}  // namespace

std::vector<ViewDraw> draw_views(const ViewKey& key, int view, std::span<const std::int64_t> positions,
                                 std::int64_t side, const ViewOptions& options) {
  MIRRORTUNE_CHECK(view == 0 || view == 1);
  const Stream stream(key.seed, key.purpose, key.epoch);
  std::vector<ViewDraw> draws;
  for (const std::int64_t position : positions) {
    const auto block = 2 * static_cast<std::uint64_t>(position) + static_cast<std::uint64_t>(view);
    draws.push_back(draw_view(Dice(stream, block * kDrawsPerView), static_cast<int>(side), options));
  }
  return draws;
}

torch::Tensor make_views(const torch::Tensor& images, std::span<const ViewDraw> draws,
                         const ViewOptions& options) {
  MIRRORTUNE_CHECK(images.size(0) == std::ssize(draws));
  const bool published = options.jitter == ColorJitter::published;
  auto views = images.to(torch::kFloat32);
  if (options.crop == ViewCrop::random_resized) views = cut(views, draws);
  change_where(views, draws, &ViewDraw::flip,
               [](const torch::Tensor& some, const auto&) { return some.flip({3}); });
  change_where(views, draws, &ViewDraw::grey, [&](const torch::Tensor& some, const auto&) {
    const auto grey = grey_of(some);
    return (published ? grey.floor() : grey).expand_as(some);
  });
  (published ? jitter_as_published : jitter_as_torchvision)(views, draws);
  return views;
}

}  // namespace mirrortune
