#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

/// Scale of the potential: `none` is the published φ; `rms` divides weights by their tensor's root mean
/// square at the start, so that one learning rate carries from one potential to another (mathematics: φ''(c)
/// = 1 at c = RMS).
enum class Normalization { none, rms };
inline constexpr std::array<std::string_view, 2> kNormalizationWords = {"none", "rms"};

/// What `weight_decay` λ does: `coupled` adds λw to the gradient; `decoupled` shrinks the weight itself, w ←
/// (1 − ηλ)w, before the step (Loshchilov & Hutter 2019); `bregman` draws the dual towards the start, φ'(w) ←
/// (1 − ηλ)φ'(w) + ηλφ'(w₀), the gradient of λD(w, w₀).
enum class Decay { coupled, decoupled, bregman };
inline constexpr std::array<std::string_view, 3> kDecayWords = {"coupled", "decoupled", "bregman"};

/// `mirror_descent`: φ'(w⁺) = φ'(w) − ηd. `dual_averaging`, the lazy form: φ'(w⁺) = φ'(w₀) − η Σd over all
/// steps so far, with the present η for all of them (Nesterov 2009); for a constant η the two agree but for
/// rounding. `pair`: w = u⁺ − u⁻, both positive, stepped along −d and +d; needs a potential that keeps signs
/// (under negative entropy it is EG±, Kivinen & Warmuth 1997).
enum class Form { mirror_descent, dual_averaging, pair };
inline constexpr std::array<std::string_view, 3> kFormWords = {"mirror_descent", "dual_averaging", "pair"};

/// What becomes of a weight that is exactly 0: `keep` leaves it to the potential (negative entropy never
/// moves it, others do); `eps` first moves it to ±`zero_eps`, down its gradient; `mask` keeps it at 0, so
/// that a pruned network stays pruned.
enum class ZeroPolicy { keep, eps, mask };
inline constexpr std::array<std::string_view, 3> kZeroPolicyWords = {"keep", "eps", "mask"};

/// What a NaN or an infinity in any gradient does: `propagate` it into the weights (nothing is looked for),
/// `skip` the step and count it, or throw an `error`; the last two leave weights and state as they are.
enum class NonfiniteGradients { propagate, skip, error };
inline constexpr std::array<std::string_view, 3> kNonfiniteGradientsWords = {"propagate", "skip", "error"};

/// Parameters that are stepped under a potential of their own.
struct ParameterGroupOptions {
  std::string pattern;    ///< of parameters' names, with * and ?, or of the kind of their layer: BatchNorm2d
  std::string potential;  ///< canonical text
};

/// What a configuration's `optimizer:` says. Mirror descent as torch.optim.SGD composes it: decay, momentum,
/// Nesterov; with `second_moment` as torch.optim.Adam does.
struct OptimizerOptions {
  double momentum = 0.9;      ///< μ ≥ 0 of the velocity v ← μ v + (1 − dampening) g
  double dampening = 0.0;     ///< in [0, 1]; must be 0 with nesterov
  bool nesterov = false;      ///< step along g + μ v; needs momentum > 0
  double weight_decay = 0.0;  ///< λ ≥ 0
  Decay decay = Decay::coupled;
  Normalization normalization = Normalization::none;
  double second_moment = 0.0;  ///< β₂ in [0, 1) of Adam's running g²; 0: off
  double epsilon = 1e-8;       ///< > 0, added to √ of the second moment
  double clip_norm = 0.0;  ///< gradients longer than this, all parameters together, are scaled down; 0: off
  Form form = Form::mirror_descent;
  double pair_beta = 0.01;  ///< > 0: the pair starts with u⁺u⁻ = β²/4
  ZeroPolicy zeros = ZeroPolicy::keep;
  double zero_eps = 1e-8;  ///< > 0
  NonfiniteGradients nonfinite_gradients = NonfiniteGradients::propagate;
  std::vector<ParameterGroupOptions> groups = {};  ///< the first that matches a parameter takes it
};

/// What may not stand together, for OptimizerOptions and whatever else has its fields.
template <class Options>
bool nesterov_fits(const Options& o) {
  return !o.nesterov || (o.momentum > 0.0 && o.dampening == 0.0);
}
template <class Options>
bool second_moment_fits(const Options& o) {
  return o.second_moment == 0.0 || (o.momentum < 1.0 && o.dampening == 0.0 && !o.nesterov);
}
template <class Options>
bool decay_fits_form(const Options& o) {
  return o.form == Form::mirror_descent || o.decay == Decay::coupled || o.weight_decay == 0.0;
}
template <class Options>
bool zeros_fit_form(const Options& o) {
  return o.form == Form::mirror_descent || o.zeros != ZeroPolicy::eps;
}

}  // namespace mirrortune
