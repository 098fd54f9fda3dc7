#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/globals.h"
#include "cli/result_folder.h"
#include "dataset/options.h"

#include "draw/draw.h"
#include "theory/linreg.h"

namespace mirrortune::cli {

/// `run`, `sweep`.
struct RunArguments {
  std::filesystem::path config;
  std::string preset;                  ///< of the configuration; empty: none
  std::vector<std::string> overrides;  ///< "key=value"
  std::vector<std::string> only;       ///< "key=value"
  std::filesystem::path out;           ///< the run directory; empty: as the configuration says
  bool dry_run = false;
  bool estimate = false;  ///< measure how long trainings will take
  bool search_only = false;
  bool resume = false;
  bool fresh = false;
  bool allow_inexact = false;
  std::string shard = {};        ///< "2/8": the second of eight parts; empty: all trials
  std::int64_t max_seconds = 0;  ///< 0: no limit
  std::filesystem::path slurm;   ///< what `sweep submit` asks of the cluster
  bool print = false;            ///< the scripts on stdout, and nothing else
  bool force = false;            ///< submit beside jobs that are queued already
};

/// `models show`, `models check`, `models forward`.
struct ModelArguments {
  std::string name;
  std::int64_t classes = 0;  ///< 0: as many as the weights file's head has, else 1000
  std::filesystem::path weights;
  std::filesystem::path input;
  std::filesystem::path output;
  bool force = false;             ///< replace the output
  std::int64_t resolution = 224;  ///< that `models show` counts multiply-adds for
};

/// `evaluate`.
struct EvaluateArguments {
  ModelArguments model;
  DataOptions data;
  std::filesystem::path predictions;  ///< CSV to write; empty: none
  std::int64_t batch_size = 64;
};

/// `data check`, `data pack`.
struct DataArguments {
  DataOptions data;
  std::int64_t classes = 0;     ///< outputs of the network that is meant; 0: as many as the folder has
  ModelArguments network = {};  ///< that `data check` has look at some of the images; no name: none
  std::filesystem::path cache;  ///< that `data pack` writes
};

/// `data synth`.
struct SynthArguments {
  std::filesystem::path out;
  std::int64_t count = 1600;
  std::uint64_t seed = 0;
  bool digits = false;  ///< the four files of MNIST instead of a folder of images
};

/// `replay`.
struct ReplayArguments {
  std::filesystem::path weights;
  std::filesystem::path grads;
  std::filesystem::path output;
  std::string potential;
  double lr = 0;
  double momentum = 0;
  double weight_decay = 0;
  double dampening = 0;
  bool nesterov = false;
  std::string normalization = "none";
  std::int64_t steps = 0;  ///< 0: all that the file has
  bool force = false;
};

/// `theory linreg`.
struct LinregArguments {
  LinregOptions options;
  ResultFolder out;
};

/// `report`.
struct ReportArguments {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path output;       ///< empty: in the run's directory
  std::vector<FigureFormat> exports;  ///< what figures are drawn as besides
};

/// What another program does than the light one, which becomes that program for each of them: `report_export`
/// is the drawing program's, the others, which need tensors or images, the training program's.
struct Actions {
  std::function<ExitCode(const Globals&, const RunArguments&)> run;
  std::function<ExitCode(const Globals&, const RunArguments&)> sweep_submit;
  std::function<ExitCode(const Globals&, const RunArguments&)> sweep_status;
  std::function<ExitCode(const Globals&, const RunArguments&)> sweep_collect;
  std::function<ExitCode(const Globals&, const ModelArguments&)> models_show;
  std::function<ExitCode(const Globals&, const ModelArguments&)> models_check;
  std::function<ExitCode(const Globals&, const ModelArguments&)> models_forward;
  std::function<ExitCode(const Globals&, const EvaluateArguments&)> evaluate;
  std::function<ExitCode(const Globals&, const DataArguments&)> data_check;
  std::function<ExitCode(const Globals&, const DataArguments&)> data_pack;
  std::function<ExitCode(const Globals&, const SynthArguments&)> data_synth;
  std::function<ExitCode(const Globals&, const ReplayArguments&)> replay;
  std::function<ExitCode(const Globals&, const LinregArguments&)> theory_linreg;
  std::function<ExitCode(const Globals&)> env;
  std::function<ExitCode(const Globals&, const ReportArguments&)> report_export;
};

}  // namespace mirrortune::cli
