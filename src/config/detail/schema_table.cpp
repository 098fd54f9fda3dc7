#include "config/detail/schema_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <type_traits>

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
      {.name = "schema_version",
       .type = integer(1, 1),
       .fallback = "1",
       .help = "version of this format",
       .required = true},
      {.name = "name",
       .type = {.kind = Kind::name},
       .help = "name of the run directory",
       .required = true,
       .set_experiment = kExperiment<&ExperimentOptions::name>},
      {.name = "grid.model", .type = list({.kind = Kind::model}), .help = "networks", .required = true},
      {.name = "grid.potential",
       .type = list({.kind = Kind::potential}),
       .help = "potentials to train with",
       .required = true},
      {.name = "seeds.count", .type = integer(1, 10'000), .fallback = "10", .help = "number of seeds"},
      {.name = "seeds.base", .type = integer(0, 1e15), .fallback = "0", .help = "the first of them"},
      {.name = "seeds.list", .type = list(integer(0, 1e15)), .help = "or these seeds"},
  };
}

std::vector<Key> model_and_data_keys() {
  using C = CellOptions;
  using D = DataOptions;
  using M = ModelOptions;
  ValueType md5 = list({.kind = Kind::md5});
  md5.may_be_empty = true;
  return {
      {.name = "model.weights",
       .type = weights({"none"}),
       .help =
           "a weights file ({model}, {potential}: the cell's), a name of `mirrortune weights ls`, or none: "
           "random start",
       .required = true,
       .map_by = MapBy::model,
       .set_cell = kCell<&C::model, &M::weights>},
      {.name = "model.classes",
       .type = integer(2, 1e6),
       .fallback = "1000",
       .help = "outputs of the head",
       .set_cell = kCell<&C::model, &M::classes>,
       .networks = kClassifiers},
      {.name = "model.reinit_head",
       .type = boolean(),
       .fallback = "false",
       .help = "draw a head of another size anew",
       .set_cell = kCell<&C::model, &M::reinit_head>,
       .networks = kClassifiers},
      {.name = "model.allow_nonfinite",
       .type = boolean(),
       .fallback = "false",
       .help = "accept NaN and infinite weights in the file",
       .set_cell = kCell<&C::model, &M::allow_nonfinite>},
      {.name = "data.root",
       .type = path(),
       .help = "folder of images, a cache of `data pack`, or a file of IDX images",
       .required = true,
       .set_cell = kCell<&C::data, &D::root>},
      {.name = "data.labels",
       .type = path({"auto"}),
       .fallback = "auto",
       .help = "label file; auto: found by its name in the root",
       .set_cell = kCell<&C::data, &D::labels>},
      {.name = "data.md5",
       .type = md5,
       .fallback = "[]",
       .help = "MD5 of the IDX files, images then labels; []: not looked at",
       .set_cell = kCell<&C::data, &D::md5>,
       .identity = false},
      {.name = "data.class_order",
       .type = path(),
       .help = "file with one class per line",
       .set_cell = kCell<&C::data, &D::class_order>},
      {.name = "data.resolution",
       .type = integer(1, 4096),
       .fallback = "224",
       .help = "side of the network's input",
       .map_by = MapBy::model,
       .set_cell = kCell<&C::data, &D::resolution>},
      {.name = "data.preprocessing",
       .type = choice({"ffcv", "torchvision"}),
       .fallback = "ffcv",
       .help = "how images become squares",
       .map_by = MapBy::model,
       .set_cell = kCell<&C::data, &D::preprocessing>},
      {.name = "data.crop_ratio",
       .type = number({0, 1, true}),
       .fallback = "0.875",
       .help = "part of the shorter side that is kept",
       .set_cell = kCell<&C::data, &D::crop_ratio>},
      {.name = "data.augment",
       .type = choice({"none", "crop_flip"}),
       .fallback = "none",
       .help = "random crops and flips, for pretraining",
       .set_cell = kCell<&C::data, &D::augment>,
       .networks = kImageClassifiers},
      {.name = "data.views.crop",
       .type = choice({"center", "random_resized"}),
       .fallback = "center",
       .help = "what an encoder's views show: the square, as published, or random parts of it",
       .set_cell = kCell<&C::data, &D::views, &ViewOptions::crop>,
       .networks = kEncoders},
      {.name = "data.views.jitter",
       .type = choice({"published", "standard"}),
       .fallback = "published",
       .help = "colours of an encoder's views: FFCV-SSL's formulas or torchvision's",
       .set_cell = kCell<&C::data, &D::views, &ViewOptions::jitter>,
       .networks = kEncoders},
      {.name = "data.holdout",
       .type = integer(0, kManyImages),
       .fallback = "0",
       .help = "images outside every subset, for the accuracy after training",
       .set_cell = kCell<&C::data, &D::holdout>,
       .networks = kClassifiers},
      {.name = "data.subset.exponent",
       .type = number({0, 1, true}),
       .fallback = "0.5",
       .help = "N = floor(D^exponent) images, D conv and linear weights",
       .set_cell = kCell<&C::data, &D::subset, &SubsetOptions::exponent>},
      {.name = "data.subset.per_seed",
       .type = boolean(),
       .fallback = "true",
       .help = "false: one subset for all seeds",
       .set_cell = kCell<&C::data, &D::subset, &SubsetOptions::per_seed>},
      {.name = "data.subset.count",
       .type = integer(0, kManyImages),
       .fallback = "0",
       .help = "N itself if above 0",
       .set_cell = kCell<&C::data, &D::subset, &SubsetOptions::count>},
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
      {.name = "train.epochs",
       .type = integer(1, kManyEpochs),
       .fallback = "30",
       .help = "epochs of a training",
       .set_cell = kCell<&C::train, &T::epochs>},
      {.name = "train.batch_size",
       .type = integer(1, 1e9),
       .fallback = "256",
       .help = "images per step; the last partial batch is kept",
       .set_cell = kCell<&C::train, &T::batch_size>},
      {.name = "train.precision",
       .type = choice({"auto", "fp32", "bf16", "fp16"}),
       .fallback = "auto",
       .help = "auto: fp32 on CPU, fp16 on CUDA",
       .set_cell = kCell<&C::train, &T::precision>},
      {.name = "train.loss.logit_l2",
       .type = number({0, kInf}),
       .fallback = "0",
       .help = "coefficient of the mean squared logit",
       .set_cell = kCell<&C::train, &T::logit_l2>,
       .networks = kClassifiers},
      {.name = kOptimizerKind,
       .type = choice({"mirror", "adamw"}),
       .fallback = "mirror",
       .help = "adamw: second_moment, decay and weight_decay have AdamW's defaults",
       .set_cell = [](CellOptions&, const Key&, const Value&) {},
       .identity = false},
      {.name = "optimizer.momentum",
       .type = number({0, kInf}),
       .fallback = "0.9",
       .help = "of the velocity",
       .set_cell = kCell<&C::optimizer, &O::momentum>},
      {.name = "optimizer.dampening",
       .type = number({0, 1}),
       .fallback = "0",
       .help = "of the gradient in the velocity",
       .set_cell = kCell<&C::optimizer, &O::dampening>},
      {.name = "optimizer.nesterov",
       .type = boolean(),
       .fallback = "false",
       .help = "look ahead; needs momentum > 0 and dampening 0",
       .set_cell = kCell<&C::optimizer, &O::nesterov>},
      {.name = "optimizer.weight_decay",
       .type = number({0, kInf}),
       .fallback = "0",
       .help = "what it does is said by optimizer.decay",
       .set_cell = kCell<&C::optimizer, &O::weight_decay>,
       .adamw_fallback = "0.01"},
      {.name = "optimizer.decay",
       .type = choice(kDecayWords),
       .fallback = "coupled",
       .help =
           "coupled: into the gradient; decoupled: of the weight; bregman: of the dual, towards the start",
       .set_cell = kCell<&C::optimizer, &O::decay>,
       .adamw_fallback = "decoupled"},
      {.name = "optimizer.normalization",
       .type = choice(kNormalizationWords),
       .fallback = "none",
       .help = "rms: weights in units of their tensor's RMS",
       .set_cell = kCell<&C::optimizer, &O::normalization>},
      {.name = "optimizer.second_moment",
       .type = number({0, kBelowOne}),
       .fallback = "0",
       .help = "beta2 of Adam's running mean of squared gradients; 0: none",
       .set_cell = kCell<&C::optimizer, &O::second_moment>,
       .adamw_fallback = "0.999"},
      {.name = "optimizer.epsilon",
       .type = number({0, kInf, true}),
       .fallback = "1e-08",
       .help = "added to the root of the second moment",
       .set_cell = kCell<&C::optimizer, &O::epsilon>},
      {.name = "optimizer.clip_norm",
       .type = number({0, kInf}),
       .fallback = "0",
       .help = "longest gradient, all parameters together; longer ones are scaled down; 0: any length",
       .set_cell = kCell<&C::optimizer, &O::clip_norm>},
      {.name = "optimizer.form",
       .type = choice(kFormWords),
       .fallback = "mirror_descent",
       .help = "dual_averaging: every step anew from the start; pair: w = u+ - u-",
       .set_cell = kCell<&C::optimizer, &O::form>},
      {.name = "optimizer.pair_beta",
       .type = number({0, kInf, true}),
       .fallback = "0.01",
       .help = "the pair starts with u+ u- = beta^2 / 4",
       .set_cell = kCell<&C::optimizer, &O::pair_beta>},
      {.name = "optimizer.zeros",
       .type = choice(kZeroPolicyWords),
       .fallback = "keep",
       .help = "weights of 0: left to the potential, moved to +-zero_eps, or masked",
       .set_cell = kCell<&C::optimizer, &O::zeros>},
      {.name = "optimizer.zero_eps",
       .type = number({0, kInf, true}),
       .fallback = "1e-08",
       .help = "where zeros: eps moves them",
       .set_cell = kCell<&C::optimizer, &O::zero_eps>},
      {.name = "optimizer.nonfinite_gradients",
       .type = choice(kNonfiniteGradientsWords),
       .fallback = "propagate",
       .help = "skip: such a step is not taken, and counted; error: it ends the run",
       .set_cell = kCell<&C::optimizer, &O::nonfinite_gradients>},
      {.name = "optimizer.groups",
       .type = {.kind = Kind::potential_by_pattern},
       .fallback = "{}",
       .help = "potentials of parameters by name or kind of layer; the first pattern that fits counts",
       .set_cell = kCell<&C::optimizer, &O::groups>},
      {.name = "lr.search",
       .type = increasing(number({0, kInf, true})),
       .fallback = "[1e-05, 1e-04, 0.001, 0.01, 0.1]",
       .help = "learning rates tried",
       .set_cell = kCell<&C::lr, &S::search>},
      {.name = "lr.target_accuracy",
       .type = number({0, 1}),
       .fallback = "1",
       .help = "training accuracy to reach",
       .set_cell = kCell<&C::lr, &S::target_accuracy>,
       .networks = kClassifiers},
      {.name = "lr.extend_epochs",
       .type = integer(1, kManyEpochs),
       .fallback = "30",
       .help = "epochs added by each repetition of the search",
       .set_cell = kCell<&C::lr, &S::extend_epochs>,
       .networks = kClassifiers},
      {.name = "lr.extend_times",
       .type = integer(0, 1000),
       .fallback = "4",
       .help = "repetitions at most",
       .set_cell = kCell<&C::lr, &S::extend_times>,
       .networks = kClassifiers},
      {.name = "lr.select",
       .type = choice({"lowest_loss", "smallest_reaching_target"}),
       .fallback = "lowest_loss",
       .help = "which rate wins",
       .set_cell = kCell<&C::lr, &S::select>,
       .networks = kClassifiers},
      {.name = "lr.fixed",
       .type = number({0, kInf, true}),
       .help = "this rate, no search",
       .map_by = MapBy::potential,
       .set_cell = kCell<&C::lr, &S::fixed>},
  };
}

std::vector<Key> remaining_keys() {
  using A = AnalysisOptions;
  using C = CellOptions;
  using E = ExperimentOptions;
  ValueType epochs = increasing(integer(1, kManyEpochs));
  epochs.may_be_empty = true;
  return {
      {.name = "snapshots.epochs",
       .type = epochs,
       .fallback = "[]",
       .help = "snapshots after these epochs, besides init and final",
       .set_cell = kCell<&C::snapshots, &SnapshotOptions::epochs>},
      {.name = "snapshots.full",
       .type = boolean(),
       .fallback = "false",
       .help = "keep the whole final state dict",
       .set_cell = kCell<&C::snapshots, &SnapshotOptions::full>},
      {.name = "snapshots.tensorboard",
       .type = boolean(),
       .fallback = "false",
       .help = "event files that TensorBoard shows, one for each epoch",
       .set_cell = kCell<&C::snapshots, &SnapshotOptions::tensorboard>,
       .identity = false},
      {.name = "analysis.potentials",
       .type = list({.kind = Kind::potential}),
       .fallback = "[negative_entropy, 1.5-norm, 2-norm, 2.5-norm, 3-norm]",
       .help = "potentials that evaluate each change",
       .set_experiment = kExperiment<&E::analysis, &A::potentials>},
      {.name = "analysis.head",
       .type = choice({"exclude", "include", "as_published"}),
       .fallback = "exclude",
       .help = "is the last layer analysed?",
       .set_experiment = kExperiment<&E::analysis, &A::head>},
      {.name = "analysis.center",
       .type = boolean(),
       .fallback = "false",
       .help = "subtract the mean dual change first",
       .set_experiment = kExperiment<&E::analysis, &A::center>},
      {.name = "runtime.deterministic",
       .type = boolean(),
       .fallback = "true",
       .help = "same configuration, seed and threads: same bits",
       .set_cell = kCell<&C::runtime, &RuntimeOptions::deterministic>},
      {.name = "runtime.checkpoint_every_epochs",
       .type = integer(0, kManyEpochs),
       .fallback = "5",
       .help = "a training is kept as it is so often, and when it is stopped, to go on from there; 0: never",
       .set_cell = kCell<&C::runtime, &RuntimeOptions::checkpoint_every_epochs>,
       .identity = false},
      {.name = "runtime.parallel",
       .type = integer_or_auto(1, 256),
       .fallback = "1",
       .help = "trainings side by side, each with its own threads; auto: as many as are fastest, by a "
               "measurement",
       .set_experiment = kExperiment<&E::schedule, &ScheduleOptions::parallel>},
      {.name = "runtime.on_failure",
       .type = choice({"keep_going", "fail_fast"}),
       .fallback = "keep_going",
       .help = "when a trial fails, run the others, or begin no other",
       .set_experiment = kExperiment<&E::schedule, &ScheduleOptions::on_failure>},
      {.name = "runtime.pack_images",
       .type = boolean(),
       .fallback = "false",
       .help = "keep decoded images in the run directory, for all processes and later starts",
       .set_experiment = kExperiment<&E::schedule, &ScheduleOptions::pack_images>},
      {.name = "output.root",
       .type = path(),
       .fallback = "runs",
       .help = "folder of the run directories",
       .set_experiment = kExperiment<&E::output_root>},
  };
}

}  // namespace

std::vector<Key> schema_table() {
  std::vector<Key> all = experiment_keys();
  for (const auto& part : {model_and_data_keys(), training_keys(), remaining_keys()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace mirrortune::config
