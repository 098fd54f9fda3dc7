#include "config/detail/schema.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <type_traits>

#include "base/text.h"

namespace mirrortune::config {
namespace {

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

/// `value` as a field's type. Enumerators stand in the order of the key's words.
template <class T>
T convert(const Key& key, const Value& value) {
  if constexpr (is_optional<T>::value) {
    return convert<typename T::value_type>(key, value);
  } else if constexpr (std::is_enum_v<T>) {
    const auto& words = key.type.words;
    return static_cast<T>(std::find(words.begin(), words.end(), std::get<std::string>(value)) -
                          words.begin());
  } else if constexpr (std::is_same_v<T, int>) {
    if (std::holds_alternative<std::string>(value)) return 0;  // `auto`
    return static_cast<int>(std::get<std::int64_t>(value));
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return std::get<std::string>(value);
  } else if constexpr (std::is_same_v<T, std::vector<int>>) {
    const auto& wide = std::get<std::vector<std::int64_t>>(value);
    T narrow;
    for (const std::int64_t number : wide) narrow.push_back(static_cast<int>(number));
    return narrow;
  } else if constexpr (std::is_same_v<T, std::vector<ParameterGroupOptions>>) {
    T groups;
    for (const auto& [pattern, potential] :
         std::get<std::vector<std::pair<std::string, std::string>>>(value)) {
      groups.push_back({pattern, potential});
    }
    return groups;
  } else {
    return std::get<T>(value);
  }
}

/// Setter of the field that a path of members leads to.
template <class Options, auto... kMembers>
void assign(Options& options, const Key& key, const Value& value) {
  auto& field = (options.*....*kMembers);
  field = convert<std::remove_reference_t<decltype(field)>>(key, value);
}

template <auto... kMembers>
constexpr auto kCell = &assign<CellOptions, kMembers...>;
template <auto... kMembers>
constexpr auto kExperiment = &assign<ExperimentOptions, kMembers...>;

ValueType boolean() { return {.kind = Kind::boolean}; }
ValueType integer(double low, double high) { return {.kind = Kind::integer, .range = {low, high}}; }
ValueType integer_or_auto(double low, double high) {
  return {.kind = Kind::integer, .range = {low, high}, .words = {"auto"}};
}
ValueType number(Range range) { return {.kind = Kind::number, .range = range}; }
ValueType choice(std::vector<std::string_view> words) {
  return {.kind = Kind::choice, .words = std::move(words)};
}
template <std::size_t N>
ValueType choice(const std::array<std::string_view, N>& words) {
  return choice(std::vector(words.begin(), words.end()));
}
ValueType path(std::vector<std::string_view> words = {}) {
  return {.kind = Kind::path, .words = std::move(words)};
}
ValueType weights(std::vector<std::string_view> words) {
  return {.kind = Kind::path, .words = std::move(words), .weights = true};
}
ValueType list(ValueType type) {
  type.is_list = true;
  return type;
}
ValueType increasing(ValueType type) {
  type.is_list = type.increasing = true;
  return type;
}

constexpr double kManyEpochs = 1'000'000;
constexpr double kManyImages = 1e12;

std::vector<Key> experiment_keys() {
  return {
      {"schema_version", integer(1, 1), "1", "version of this format", /*required=*/true},
      {"name",
       {.kind = Kind::name},
       {},
       "name of the run directory",
       /*required=*/true,
       MapBy::nothing,
       nullptr,
       kExperiment<&ExperimentOptions::name>},
      {"grid.model", list({.kind = Kind::model}), {}, "networks", /*required=*/true},
      {"grid.potential", list({.kind = Kind::potential}), {}, "potentials to train with", /*required=*/true},
      {"seeds.count", integer(1, 10'000), "10", "number of seeds"},
      {"seeds.base", integer(0, 1e15), "0", "the first of them"},
      {"seeds.list", list(integer(0, 1e15)), {}, "or these seeds"},
  };
}

std::vector<Key> model_and_data_keys() {
  using C = CellOptions;
  using D = DataOptions;
  using M = ModelOptions;
  ValueType md5 = list({.kind = Kind::md5});
  md5.may_be_empty = true;
  return {
      {"model.weights",
       weights({"none"}),
       {},
       "a weights file ({model}, {potential}: the cell's), a name of `mirrortune weights ls`, or none: "
       "random start",
       /*required=*/true,
       MapBy::model,
       kCell<&C::model, &M::weights>},
      {"model.classes", integer(2, 1e6), "1000", "outputs of the head", false, MapBy::nothing,
       kCell<&C::model, &M::classes>},
      {"model.reinit_head", boolean(), "false", "draw a head of another size anew", false, MapBy::nothing,
       kCell<&C::model, &M::reinit_head>},
      {"model.allow_nonfinite", boolean(), "false", "accept NaN and infinite weights in the file", false,
       MapBy::nothing, kCell<&C::model, &M::allow_nonfinite>},
      {"data.root",
       path(),
       {},
       "folder of images, a cache of `data pack`, or a file of IDX images",
       /*required=*/true,
       MapBy::nothing,
       kCell<&C::data, &D::root>},
      {"data.labels", path({"auto"}), "auto", "label file; auto: found by its name in the root", false,
       MapBy::nothing, kCell<&C::data, &D::labels>},
      {"data.md5", md5, "[]", "MD5 of the IDX files, images then labels; []: not looked at", false,
       MapBy::nothing, kCell<&C::data, &D::md5>, nullptr, /*identity=*/false},
      {"data.class_order",
       path(),
       {},
       "file with one class per line",
       false,
       MapBy::nothing,
       kCell<&C::data, &D::class_order>},
      {"data.resolution", integer(1, 4096), "224", "side of the network's input", false, MapBy::model,
       kCell<&C::data, &D::resolution>},
      {"data.preprocessing", choice({"ffcv", "torchvision"}), "ffcv", "how images become squares", false,
       MapBy::model, kCell<&C::data, &D::preprocessing>},
      {"data.crop_ratio", number({0, 1, true}), "0.875", "part of the shorter side that is kept", false,
       MapBy::nothing, kCell<&C::data, &D::crop_ratio>},
      {"data.augment", choice({"none", "crop_flip"}), "none", "random crops and flips, for pretraining",
       false, MapBy::nothing, kCell<&C::data, &D::augment>},
      {"data.views.crop", choice({"center", "random_resized"}), "center",
       "what an encoder's views show: the square, as published, or random parts of it", false, MapBy::nothing,
       kCell<&C::data, &D::views, &ViewOptions::crop>},
      {"data.views.jitter", choice({"published", "standard"}), "published",
       "colours of an encoder's views: FFCV-SSL's formulas or torchvision's", false, MapBy::nothing,
       kCell<&C::data, &D::views, &ViewOptions::jitter>},
      {"data.holdout", integer(0, kManyImages), "0",
       "images outside every subset, for the accuracy after training", false, MapBy::nothing,
       kCell<&C::data, &D::holdout>},
      {"data.subset.exponent", number({0, 1, true}), "0.5",
       "N = floor(D^exponent) images, D conv and linear weights", false, MapBy::nothing,
       kCell<&C::data, &D::subset, &SubsetOptions::exponent>},
      {"data.subset.per_seed", boolean(), "true", "false: one subset for all seeds", false, MapBy::nothing,
       kCell<&C::data, &D::subset, &SubsetOptions::per_seed>},
      {"data.subset.count", integer(0, kManyImages), "0", "N itself if above 0", false, MapBy::nothing,
       kCell<&C::data, &D::subset, &SubsetOptions::count>},
  };
}

std::vector<Key> training_keys() {
  using C = CellOptions;
  using O = OptimizerOptions;
  using S = SearchOptions;
  using T = TrainOptions;
  constexpr auto kInf = std::numeric_limits<double>::infinity();
  constexpr double kBelowOne = 1.0 - std::numeric_limits<double>::epsilon() / 2.0;
  return {
      {"train.epochs", integer(1, kManyEpochs), "30", "epochs of a training", false, MapBy::nothing,
       kCell<&C::train, &T::epochs>},
      {"train.batch_size", integer(1, 1e9), "256", "images per step; the last partial batch is kept", false,
       MapBy::nothing, kCell<&C::train, &T::batch_size>},
      {"train.precision", choice({"auto", "fp32", "bf16", "fp16"}), "auto", "auto: fp32 on CPU, fp16 on CUDA",
       false, MapBy::nothing, kCell<&C::train, &T::precision>},
      {"train.loss.logit_l2", number({0, kInf}), "0", "coefficient of the mean squared logit", false,
       MapBy::nothing, kCell<&C::train, &T::logit_l2>},
      {kOptimizerKind, choice({"mirror", "adamw"}), "mirror",
       "adamw: second_moment, decay and weight_decay have AdamW's defaults", false, MapBy::nothing,
       [](CellOptions&, const Key&, const Value&) {}, nullptr, false},
      {"optimizer.momentum", number({0, kInf}), "0.9", "of the velocity", false, MapBy::nothing,
       kCell<&C::optimizer, &O::momentum>},
      {"optimizer.dampening", number({0, 1}), "0", "of the gradient in the velocity", false, MapBy::nothing,
       kCell<&C::optimizer, &O::dampening>},
      {"optimizer.nesterov", boolean(), "false", "look ahead; needs momentum > 0 and dampening 0", false,
       MapBy::nothing, kCell<&C::optimizer, &O::nesterov>},
      {"optimizer.weight_decay", number({0, kInf}), "0", "what it does is said by optimizer.decay", false,
       MapBy::nothing, kCell<&C::optimizer, &O::weight_decay>, nullptr, true, "0.01"},
      {"optimizer.decay", choice(kDecayWords), "coupled",
       "coupled: into the gradient; decoupled: of the weight; bregman: of the dual, towards the start", false,
       MapBy::nothing, kCell<&C::optimizer, &O::decay>, nullptr, true, "decoupled"},
      {"optimizer.normalization", choice(kNormalizationWords), "none",
       "rms: weights in units of their tensor's RMS", false, MapBy::nothing,
       kCell<&C::optimizer, &O::normalization>},
      {"optimizer.second_moment", number({0, kBelowOne}), "0",
       "beta2 of Adam's running mean of squared gradients; 0: none", false, MapBy::nothing,
       kCell<&C::optimizer, &O::second_moment>, nullptr, true, "0.999"},
      {"optimizer.epsilon", number({0, kInf, true}), "1e-08", "added to the root of the second moment", false,
       MapBy::nothing, kCell<&C::optimizer, &O::epsilon>},
      {"optimizer.clip_norm", number({0, kInf}), "0",
       "longest gradient, all parameters together; longer ones are scaled down; 0: any length", false,
       MapBy::nothing, kCell<&C::optimizer, &O::clip_norm>},
      {"optimizer.form", choice(kFormWords), "mirror_descent",
       "dual_averaging: every step anew from the start; pair: w = u+ - u-", false, MapBy::nothing,
       kCell<&C::optimizer, &O::form>},
      {"optimizer.pair_beta", number({0, kInf, true}), "0.01", "the pair starts with u+ u- = beta^2 / 4",
       false, MapBy::nothing, kCell<&C::optimizer, &O::pair_beta>},
      {"optimizer.zeros", choice(kZeroPolicyWords), "keep",
       "weights of 0: left to the potential, moved to +-zero_eps, or masked", false, MapBy::nothing,
       kCell<&C::optimizer, &O::zeros>},
      {"optimizer.zero_eps", number({0, kInf, true}), "1e-08", "where zeros: eps moves them", false,
       MapBy::nothing, kCell<&C::optimizer, &O::zero_eps>},
      {"optimizer.nonfinite_gradients", choice(kNonfiniteGradientsWords), "propagate",
       "skip: such a step is not taken, and counted; error: it ends the run", false, MapBy::nothing,
       kCell<&C::optimizer, &O::nonfinite_gradients>},
      {"optimizer.groups",
       {.kind = Kind::potential_by_pattern},
       "{}",
       "potentials of parameters by name or kind of layer; the first pattern that fits counts",
       false,
       MapBy::nothing,
       kCell<&C::optimizer, &O::groups>},
      {"lr.search", increasing(number({0, kInf, true})), "[1e-05, 1e-04, 0.001, 0.01, 0.1]",
       "learning rates tried", false, MapBy::nothing, kCell<&C::lr, &S::search>},
      {"lr.target_accuracy", number({0, 1}), "1", "training accuracy to reach", false, MapBy::nothing,
       kCell<&C::lr, &S::target_accuracy>},
      {"lr.extend_epochs", integer(1, kManyEpochs), "30", "epochs added by each repetition of the search",
       false, MapBy::nothing, kCell<&C::lr, &S::extend_epochs>},
      {"lr.extend_times", integer(0, 1000), "4", "repetitions at most", false, MapBy::nothing,
       kCell<&C::lr, &S::extend_times>},
      {"lr.select", choice({"lowest_loss", "smallest_reaching_target"}), "lowest_loss", "which rate wins",
       false, MapBy::nothing, kCell<&C::lr, &S::select>},
      {"lr.fixed",
       number({0, kInf, true}),
       {},
       "this rate, no search",
       false,
       MapBy::potential,
       kCell<&C::lr, &S::fixed>},
  };
}

std::vector<Key> remaining_keys() {
  using A = AnalysisOptions;
  using C = CellOptions;
  using E = ExperimentOptions;
  ValueType epochs = increasing(integer(1, kManyEpochs));
  epochs.may_be_empty = true;
  return {
      {"snapshots.epochs", epochs, "[]", "snapshots after these epochs, besides init and final", false,
       MapBy::nothing, kCell<&C::snapshots, &SnapshotOptions::epochs>},
      {"snapshots.full", boolean(), "false", "keep the whole final state dict", false, MapBy::nothing,
       kCell<&C::snapshots, &SnapshotOptions::full>},
      {"snapshots.tensorboard", boolean(), "false", "event files that TensorBoard shows, one for each epoch",
       false, MapBy::nothing, kCell<&C::snapshots, &SnapshotOptions::tensorboard>, nullptr,
       /*identity=*/false},
      {"analysis.potentials", list({.kind = Kind::potential}),
       "[negative_entropy, 1.5-norm, 2-norm, 2.5-norm, 3-norm]", "potentials that evaluate each change",
       false, MapBy::nothing, nullptr, kExperiment<&E::analysis, &A::potentials>},
      {"analysis.head", choice({"exclude", "include", "as_published"}), "exclude",
       "is the last layer analysed?", false, MapBy::nothing, nullptr, kExperiment<&E::analysis, &A::head>},
      {"analysis.center", boolean(), "false", "subtract the mean dual change first", false, MapBy::nothing,
       nullptr, kExperiment<&E::analysis, &A::center>},
      {"runtime.deterministic", boolean(), "true", "same configuration, seed and threads: same bits", false,
       MapBy::nothing, kCell<&C::runtime, &RuntimeOptions::deterministic>},
      {"runtime.checkpoint_every_epochs", integer(0, kManyEpochs), "5",
       "a training is kept as it is so often, and when it is stopped, to go on from there; 0: never", false,
       MapBy::nothing, kCell<&C::runtime, &RuntimeOptions::checkpoint_every_epochs>, nullptr,
       /*identity=*/false},
      {"runtime.parallel", integer_or_auto(1, 256), "1",
       "trainings side by side, each with its own threads; auto: as many as are fastest, by a measurement",
       false, MapBy::nothing, nullptr, kExperiment<&E::schedule, &ScheduleOptions::parallel>},
      {"runtime.on_failure", choice({"keep_going", "fail_fast"}), "keep_going",
       "when a trial fails, run the others, or begin no other", false, MapBy::nothing, nullptr,
       kExperiment<&E::schedule, &ScheduleOptions::on_failure>},
      {"runtime.pack_images", boolean(), "false",
       "keep decoded images in the run directory, for all processes and later starts", false, MapBy::nothing,
       nullptr, kExperiment<&E::schedule, &ScheduleOptions::pack_images>},
      {"output.root", path(), "runs", "folder of the run directories", false, MapBy::nothing, nullptr,
       kExperiment<&E::output_root>},
  };
}

/// Which keys are not for all networks.
NetworkKinds networks_of(std::string_view key) {
  constexpr std::array<std::string_view, 8> kNeedClasses = {
      "model.classes",      "model.reinit_head", "data.holdout",    "train.loss.logit_l2",
      "lr.target_accuracy", "lr.extend_epochs",  "lr.extend_times", "lr.select"};
  if (key.starts_with("data.views.")) return kEncoders;
  if (key == "data.augment") return kImageClassifiers;
  return std::ranges::find(kNeedClasses, key) == kNeedClasses.end() ? kAnyNetworks : kClassifiers;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

NetworkKinds kind_of(std::string_view network, const KnownNetworks& known) {
  if (contains(known.encoders, network)) return kEncoders;
  return contains(known.row_classifiers, network) ? kRowClassifiers : kImageClassifiers;
}

std::string_view to_text(NetworkKinds kinds) {
  switch (kinds) {
    case kImageClassifiers:
      return "a classifier of images";
    case kEncoders:
      return "an encoder";
    case kRowClassifiers:
      return "a classifier of rows";
    case kClassifiers:
      return "a classifier";
    case kAnyNetworks:
      break;
  }
  return "a network";
}

std::string_view Key::section() const {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::string_view Key::leaf() const { return name.substr(name.rfind('.') + 1); }

const std::vector<Key>& schema() {
  static const std::vector<Key> keys = [] {
    std::vector<Key> all = experiment_keys();
    for (const auto& part : {model_and_data_keys(), training_keys(), remaining_keys()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    for (Key& key : all) key.networks = networks_of(key.name);
    return all;
  }();
  return keys;
}

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(schema().begin(), schema().end(), [&](const Key& key) { return key.name == name; });
  return found == schema().end() ? nullptr : &*found;
}

bool is_section(std::string_view name) {
  return std::any_of(schema().begin(), schema().end(), [&](const Key& key) {
    return key.name.size() > name.size() && key.name.starts_with(name) && key.name[name.size()] == '.';
  });
}

const std::vector<Alternative>& alternatives() {
  static const std::vector<Alternative> all = {
      {"seeds.list", {"seeds.count", "seeds.base"}},
      {"lr.fixed", {"lr.search", "lr.extend_epochs", "lr.extend_times", "lr.select"}},
  };
  return all;
}

std::string suggest_key(std::string_view unknown) {
  const std::size_t dot = unknown.rfind('.');
  const std::string_view section =
      dot == std::string_view::npos ? std::string_view{} : unknown.substr(0, dot);
  const std::string_view leaf = unknown.substr(dot + 1);
  std::vector<std::string> here;       // names in the same section
  std::vector<std::string> elsewhere;  // keys of the same leaf in other sections
  std::vector<std::string> all;
  for (const Key& key : schema()) {
    all.emplace_back(key.name);
    if (key.leaf() == leaf) elsewhere.emplace_back(key.name);
    const bool inside =
        section.empty() || (key.name.starts_with(section) && key.name.size() > section.size() &&
                            key.name[section.size()] == '.');
    if (!inside) continue;
    const std::string_view rest = section.empty() ? key.name : key.name.substr(section.size() + 1);
    const std::string name(rest.substr(0, rest.find('.')));
    if (std::find(here.begin(), here.end(), name) == here.end()) here.push_back(name);
  }
  const std::string prefix = section.empty() ? std::string() : std::string(section) + ".";
  std::string text;
  if (const auto close = nearest(leaf, here)) {
    text = "; did you mean '" + prefix + *close + "'?";
  } else if (!elsewhere.empty()) {
    text = "; did you mean '" + join(elsewhere, "' or '") + "'?";
  } else if (const auto far = nearest(unknown, all)) {
    text = "; did you mean '" + *far + "'?";
  }
  return text + (text.empty() ? "; allowed here: " : " Allowed here: ") + join(here, ", ");
}

}  // namespace mirrortune::config
