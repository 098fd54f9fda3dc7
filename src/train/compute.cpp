#include "train/compute.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "train/detail/autocast.h"

namespace mirrortune {
namespace {

constexpr std::array<Precision, 3> kPrecisions = {Precision::fp32, Precision::bf16, Precision::fp16};
constexpr std::array<MemoryLayout, 2> kLayouts = {MemoryLayout::channels_last, MemoryLayout::contiguous};

}  // namespace

std::string to_text(MemoryLayout layout) {
  return layout == MemoryLayout::channels_last ? "channels_last" : "contiguous";
}

torch::MemoryFormat memory_format(MemoryLayout layout) {
  return layout == MemoryLayout::channels_last ? torch::MemoryFormat::ChannelsLast
                                               : torch::MemoryFormat::Contiguous;
}

std::string to_text(Precision precision) {
  switch (precision) {
    case Precision::automatic:
      return "auto";
    case Precision::fp32:
      return "fp32";
    case Precision::bf16:
      return "bf16";
    case Precision::fp16:
      return "fp16";
  }
  MIRRORTUNE_CHECK(false);
}

Precision resolved(Precision precision, torch::Device device) {
  if (precision != Precision::automatic) return precision;
  return device.is_cuda() ? Precision::fp16 : Precision::fp32;
}

void require_precision(Precision precision, torch::Device device) {
  const Precision asked = resolved(precision, device);
  if (asked == Precision::fp32) return;
  try {
    const auto input = torch::ones({2, 4, 4, 4}, torch::TensorOptions(device));
    const auto kernel = torch::ones({4, 4, 3, 3}, torch::TensorOptions(device).requires_grad(true));
    torch::Tensor sum;
    {
      const Autocast autocast(device, asked);
      sum = torch::conv2d(input, kernel).to(torch::kFloat32).sum();
    }
    sum.backward();
  } catch (const c10::Error& error) {
    throw DeviceError({.what = "cannot train in " + to_text(asked),
                       .where = "train.precision",
                       .why = "LibTorch cannot compute it on " + device.str() + " (" +
                              printable(error.what_without_backtrace()) + ")",
                       .safe = "Nothing was started",
                       .todo = "Say fp32 or auto"});
  }
}

std::string to_text(const ComputePlan& plan) { return to_text(plan.precision) + " " + to_text(plan.layout); }

ComputePlan parse_compute_plan(const std::string& text) {
  for (const Precision precision : kPrecisions) {
    for (const MemoryLayout layout : kLayouts) {
      const ComputePlan plan{.precision = precision, .layout = layout};
      if (to_text(plan) == text) return plan;
    }
  }
  throw DataError({.what = "unknown way to compute a network",
                   .where = printable(text),
                   .why = "it is a precision and a layout, such as 'fp32 channels_last'"});
}

}  // namespace mirrortune
