#include "optim/loss_scaler.h"

#include <cmath>

#include <torch/torch.h>

#include "base/error.h"
#include "base/text.h"

namespace mirrortune {
namespace {

void require(bool holds, const char* must_be, double value) {
  if (holds) return;
  throw ConfigError(
      {.what = "cannot scale a loss", .why = std::string(must_be) + " and is " + format_number(value)});
}

[[noreturn]] void throw_state_error(const std::string& name, const char* why) {
  throw DataError({.what = "cannot load the loss scaler's state",
                   .where = name,
                   .why = why,
                   .safe = "The state is as it was"});
}

/// The one number of a stored tensor.
double stored_number(const std::map<std::string, torch::Tensor>& state, const std::string& name) {
  const auto found = state.find(name);
  if (found == state.end()) throw_state_error(name, "it is missing");
  if (found->second.numel() != 1) throw_state_error(name, "it must be one number");
  return found->second.item().to<double>();
}

}  // namespace

LossScaler::LossScaler(torch::Device device, const LossScalerOptions& options)
    : options_(options),
      scale_(torch::full({1}, options.initial_scale, torch::TensorOptions(device).dtype(torch::kFloat32))),
      found_inf_(torch::zeros_like(scale_)),
      growth_tracker_(torch::zeros({1}, torch::TensorOptions(device).dtype(torch::kInt32))) {
  require(std::isfinite(options.initial_scale) && options.initial_scale > 0.0,
          "initial_scale must be a finite number above 0", options.initial_scale);
  require(std::isfinite(options.growth) && options.growth > 1.0, "growth must be a finite number above 1",
          options.growth);
  require(options.backoff > 0.0 && options.backoff < 1.0, "backoff must lie between 0 and 1",
          options.backoff);
  require(options.growth_interval >= 1, "growth_interval must be at least 1", options.growth_interval);
}

double LossScaler::current() const { return scale_.item<double>(); }

std::map<std::string, torch::Tensor> LossScaler::named_state() const {
  return {{"scale", scale_}, {"growth_tracker", growth_tracker_}};
}

void LossScaler::load_named_state(const std::map<std::string, torch::Tensor>& state) {
  const double scale = stored_number(state, "scale"), tracker = stored_number(state, "growth_tracker");
  if (!(std::isfinite(scale) && scale > 0.0)) throw_state_error("scale", "it must be finite and above 0");
  if (!(tracker >= 0.0 && tracker < 2147483648.0)) {
    throw_state_error("growth_tracker", "it must be a number of steps");
  }
  const torch::NoGradGuard no_grad;
  scale_.fill_(scale);
  growth_tracker_.fill_(tracker);
}

void LossScaler::update() {
  const torch::NoGradGuard no_grad;
  at::_amp_update_scale_(scale_, growth_tracker_, found_inf_, options_.growth, options_.backoff,
                         options_.growth_interval);
}

}  // namespace mirrortune
