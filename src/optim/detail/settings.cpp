#include "optim/detail/settings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include <torch/torch.h>

#include "base/error.h"
#include "base/text.h"
#include "potential/step.h"

namespace mirrortune {
namespace {

using detail::throw_option_error;

void require(bool holds, const std::string& must_be, double value) {
  if (!holds) throw_option_error(must_be + " and is " + format_number(value));
}

void require_at_least_zero(const char* name, double value) {
  require(std::isfinite(value) && value >= 0.0, std::string(name) + " must be a finite number of at least 0",
          value);
}

void require_above_zero(const char* name, double value) {
  require(std::isfinite(value) && value > 0.0, std::string(name) + " must be a finite number above 0", value);
}

/// The enumerator that `word` names.
template <class Enum, std::size_t N>
Enum enumerator(const char* name, const std::array<std::string_view, N>& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    std::string allowed(words[0]);
    for (std::size_t i = 1; i < N; ++i) allowed += (i + 1 < N ? ", " : " or ") + std::string(words[i]);
    throw_option_error(std::string(name) + " must be " + allowed + " and is '" + word + "'");
  }
  return static_cast<Enum>(found - words.begin());
}

template <class Enum, std::size_t N>
std::string word_of(const std::array<std::string_view, N>& words, Enum value) {
  return std::string(words[static_cast<std::size_t>(value)]);
}

Potential potential_of(const MirrorDescentOptions& options) {
  if (const auto& own = options.own_potential(); own && own->name() == options.potential()) return *own;
  try {
    return parse_potential(options.potential());
  } catch (const std::invalid_argument& error) {
    throw_option_error(error.what());
  }
}

void check_ranges(const StepSettings& s) {
  require_at_least_zero("lr", s.lr);
  require_at_least_zero("momentum", s.momentum);
  require_at_least_zero("weight_decay", s.weight_decay);
  require_at_least_zero("clip_norm", s.clip_norm);
  require_above_zero("epsilon", s.epsilon);
  require_above_zero("pair_beta", s.pair_beta);
  require_above_zero("zero_eps", s.zero_eps);
  require(s.dampening >= 0.0 && s.dampening <= 1.0, "dampening must lie in [0, 1]", s.dampening);
  require(s.second_moment >= 0.0 && s.second_moment < 1.0, "second_moment must lie in [0, 1)",
          s.second_moment);
}

/// Whether a step under the potential can change the sign of a weight.
bool flips_signs(const Potential& potential) {
  return visit_step(potential, /*scale=*/1.0,
                    [](const auto& step, double) { return std::decay_t<decltype(step)>::kFlips; });
}

void check_combinations(const StepSettings& s) {
  if (!nesterov_fits(s)) {
    throw_option_error("nesterov needs a momentum above 0 and a dampening of 0, which are " +
                       format_number(s.momentum) + " and " + format_number(s.dampening));
  }
  if (!second_moment_fits(s)) {
    throw_option_error("second_moment needs a momentum below 1, a dampening of 0 and no nesterov");
  }
  const std::string form = word_of(kFormWords, s.form);
  if (!decay_fits_form(s)) {
    throw_option_error("the form " + form + " takes coupled decay only, and decay is " +
                       word_of(kDecayWords, s.decay));
  }
  if (!zeros_fit_form(s)) {
    throw_option_error("the form " + form + " takes zeros keep or mask, and zeros is eps");
  }
  if (s.form == Form::pair && flips_signs(s.potential)) {
    throw_option_error(
        "the pair form needs a potential that keeps signs, such as negative_entropy, and has " +
        to_text(s.potential));
  }
}

}  // namespace

void detail::throw_option_error(std::string why) {
  throw ConfigError({.what = "cannot take a step of mirror descent", .why = std::move(why)});
}

StepSettings detail::settings_of(const MirrorDescentOptions& options) {
  StepSettings settings;
  static_cast<StepNumbers&>(settings) = {
      .lr = options.lr(),
      .momentum = options.momentum(),
      .dampening = options.dampening(),
      .nesterov = options.nesterov(),
      .weight_decay = options.weight_decay(),
      .decay = enumerator<Decay>("decay", kDecayWords, options.decay()),
      .second_moment = options.second_moment(),
      .epsilon = options.epsilon(),
      .form = enumerator<Form>("form", kFormWords, options.form()),
      .zeros = enumerator<ZeroPolicy>("zeros", kZeroPolicyWords, options.zeros()),
      .zero_eps = options.zero_eps()};
  settings.potential = potential_of(options);
  settings.normalization =
      enumerator<Normalization>("normalization", kNormalizationWords, options.normalization());
  settings.clip_norm = options.clip_norm();
  settings.pair_beta = options.pair_beta();
  settings.nonfinite_gradients = enumerator<NonfiniteGradients>(
      "nonfinite_gradients", kNonfiniteGradientsWords, options.nonfinite_gradients());
  check_ranges(settings);
  check_combinations(settings);
  return settings;
}

MirrorDescentOptions make_options(double lr, const std::string& potential, const OptimizerOptions& options) {
  return MirrorDescentOptions(lr)
      .momentum(options.momentum)
      .dampening(options.dampening)
      .nesterov(options.nesterov)
      .weight_decay(options.weight_decay)
      .decay(word_of(kDecayWords, options.decay))
      .potential(potential)
      .normalization(word_of(kNormalizationWords, options.normalization))
      .second_moment(options.second_moment)
      .epsilon(options.epsilon)
      .clip_norm(options.clip_norm)
      .form(word_of(kFormWords, options.form))
      .pair_beta(options.pair_beta)
      .zeros(word_of(kZeroPolicyWords, options.zeros))
      .zero_eps(options.zero_eps)
      .nonfinite_gradients(word_of(kNonfiniteGradientsWords, options.nonfinite_gradients));
}

MirrorDescentOptions::MirrorDescentOptions(double lr) : lr_(lr) {}
MirrorDescentOptions& MirrorDescentOptions::potential(const OwnPotential& own) {
  own_potential_ = own;
  return potential(own.name());
}
double MirrorDescentOptions::get_lr() const { return lr(); }
void MirrorDescentOptions::set_lr(const double new_lr) { lr(new_lr); }

}  // namespace mirrortune
