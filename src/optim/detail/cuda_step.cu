// The tables of a step in the device's memory, and the launches of its kernels. Includes no
// header of LibTorch, so that nvcc alone compiles it; -fmad=false keeps the bits of the CPU.
#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <variant>
#include <vector>

#include <cuda_runtime.h>

#include "base/error.h"
#include "optim/cuda_step.h"
#include "optim/detail/cuda_kernels.cuh"

namespace mirrortune {
namespace {

using namespace detail;

void check(cudaError_t result, const char* doing) {
  if (result == cudaSuccess) return;
  throw DeviceError({.what = "cannot take a step of mirror descent on a CUDA device",
                     .where = doing,
                     .why = cudaGetErrorString(result)});
}

/// Memory of the device, given back at the end.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  ~DeviceMemory() { cudaFree(data_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// At least so much; what stood there is lost if it was less.
  void reserve(std::size_t bytes) {
    if (bytes <= size_) return;
    check(cudaFree(data_), "to give memory back");
    data_ = nullptr;
    size_ = 0;
    check(cudaMalloc(&data_, bytes), "to allocate memory");
    size_ = bytes;
  }
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Bytes that are laid out here and then sent to the device as a whole.
class Image {
 public:
  /// Adds a row of values; where it begins.
  template <class Value>
  std::size_t add(const std::vector<Value>& values) {
    constexpr std::size_t kAlignment = 16;
    const std::size_t begin = (bytes_.size() + kAlignment - 1) / kAlignment * kAlignment;
    bytes_.resize(begin + values.size() * sizeof(Value));
    if (!values.empty()) std::memcpy(bytes_.data() + begin, values.data(), values.size() * sizeof(Value));
    return begin;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Kernels that are still to be launched when the image is on the device; places are offsets in it.
struct PlannedLaunch {
  void (*run)(const Launch&, cudaStream_t) = nullptr;
  std::size_t tensors = 0, chunks = 0;
  std::uint32_t num_tensors = 0, num_chunks = 0;
};

template <bool kPlain, class T, class Chosen, class Step>
void run_step_kernel(const Launch& launch, cudaStream_t stream) {
  step_kernel<kPlain, T, Chosen, Step><<<launch.num_chunks, kDeviceThreads, 0, stream>>>(launch);
  check(cudaGetLastError(), "to start the step");
}

/// Rows of tensors that one kernel steps.
struct KernelRows {
  void (*run)(const Launch&, cudaStream_t) = nullptr;
  std::vector<std::byte> rows;
  std::vector<std::int64_t> sizes;
};

/// The rows of all tensors by the kernel that steps them.
class RowCollector {
 public:
  explicit RowCollector(std::span<const StepSettings> groups) : groups_(groups) {}

  template <class T>
  void add(const TensorStep<T>& tensor) {
    const auto group = static_cast<std::int32_t>(tensor.settings - groups_.data());
    std::visit(
        [&]<class Chosen>(const Chosen& potential) {
          if constexpr (is_host_only<Chosen>) {
            throw std::invalid_argument("the potential '" + to_text(potential) + "' runs on the CPU only");
          } else {
            visit_step_of(potential, tensor.scale, [&](const auto& step, double rate) {
              const auto row = device_tensor(tensor, group, rate, potential, step);
              if (tensor.settings->is_plain()) {
                add_row<true, T, Chosen>(row, step);
              } else {
                add_row<false, T, Chosen>(row, step);
              }
            });
          }
        },
        tensor.settings->potential);
  }

  const std::vector<KernelRows>& kernels() const { return kernels_; }

 private:
  template <bool kPlain, class T, class Chosen, class Step, class Row>
  void add_row(const Row& row, const Step& /*step*/) {
    const auto run = &run_step_kernel<kPlain, T, Chosen, Step>;
    auto kernel =
        std::find_if(kernels_.begin(), kernels_.end(), [&](const KernelRows& one) { return one.run == run; });
    if (kernel == kernels_.end()) kernel = kernels_.insert(kernels_.end(), KernelRows{.run = run});
    const auto* bytes = reinterpret_cast<const std::byte*>(&row);
    kernel->rows.insert(kernel->rows.end(), bytes, bytes + sizeof(Row));
    kernel->sizes.push_back(row.size);
  }

  std::span<const StepSettings> groups_;
  std::vector<KernelRows> kernels_;
};

/// Where one dtype's survey stands in the image.
struct PlannedSurvey {
  std::size_t rows = 0, chunks = 0;
  std::uint32_t num_chunks = 0;
};

template <class T>
PlannedSurvey plan_survey(std::span<const TensorStep<T>> tensors, Image& image) {
  std::vector<GradientRow<T>> rows;
  std::vector<std::int64_t> sizes;
  for (const TensorStep<T>& tensor : tensors) {
    rows.push_back({tensor.gradient, tensor.size});
    sizes.push_back(tensor.size);
  }
  const auto chunks = chunks_of(sizes);
  return {.rows = image.add(rows),
          .chunks = image.add(chunks),
          .num_chunks = static_cast<std::uint32_t>(chunks.size())};
}

/// A step: its tables, and which kernels run over them.
struct Plan {
  Image image;  ///< the numbers of the groups first: refresh_captured finds them there
  std::vector<PlannedLaunch> launches;
  bool survey = false;
  PlannedSurvey single, wide;
};

Plan make_plan(std::span<const TensorStep<float>> single, std::span<const TensorStep<double>> wide,
               const CudaStepInputs& inputs) {
  RowCollector collector(inputs.groups);
  for (const auto& tensor : single) collector.add(tensor);
  for (const auto& tensor : wide) collector.add(tensor);
  Plan plan;
  plan.image.add(std::vector<StepNumbers>(inputs.groups.begin(), inputs.groups.end()));
  for (const KernelRows& kernel : collector.kernels()) {
    const auto chunks = chunks_of(kernel.sizes);
    if (chunks.empty()) continue;
    plan.launches.push_back({.run = kernel.run,
                             .tensors = plan.image.add(kernel.rows),
                             .chunks = plan.image.add(chunks),
                             .num_tensors = static_cast<std::uint32_t>(kernel.sizes.size()),
                             .num_chunks = static_cast<std::uint32_t>(chunks.size())});
  }
  plan.survey = inputs.skip_nonfinite || inputs.clip_norm > 0.0 || inputs.loss_scale != nullptr;
  if (plan.survey) {
    plan.single = plan_survey(single, plan.image);
    plan.wide = plan_survey(wide, plan.image);
  }
  return plan;
}

/// The tables of a step in the device's memory, as they were last sent.
struct Tables {
  DeviceMemory memory;
  DeviceMemory survey_parts;
  std::vector<std::byte> sent;
  std::size_t num_groups = 0;
};

}  // namespace

struct CudaStepper::Memory {
  DeviceMemory control;
  Tables eager;
  std::vector<std::unique_ptr<Tables>> captured;  ///< one per recorded step
};

bool has_cuda_step() { return true; }

CudaStepper::CudaStepper() : memory_(std::make_unique<Memory>()) {
  memory_->control.reserve(sizeof(Control));
  check(cudaMemset(memory_->control.data(), 0, sizeof(Control)), "to clear memory");
}

CudaStepper::~CudaStepper() = default;

namespace {

/// As long as it lives, the calling thread may allocate and copy though another stream is recording.
class OutsideOfRecording {
 public:
  OutsideOfRecording() { exchange(); }
  ~OutsideOfRecording() { exchange(); }
  OutsideOfRecording(const OutsideOfRecording&) = delete;
  OutsideOfRecording& operator=(const OutsideOfRecording&) = delete;

 private:
  void exchange() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

/// Sends the tables of a step, unless they are there already.
void send(Tables& tables, const Plan& plan, cudaStream_t stream) {
  const std::vector<std::byte>& bytes = plan.image.bytes();
  if (tables.sent == bytes) return;
  tables.memory.reserve(bytes.size());
  tables.survey_parts.reserve(std::max(plan.single.num_chunks, plan.wide.num_chunks) * sizeof(Sums));
  check(cudaMemcpyAsync(tables.memory.data(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice, stream),
        "to send the tables");
  tables.sent = bytes;
}

/// Sends the tables of a step that is being recorded, by a stream that is not: every replay finds them.
void send_while_recording(Tables& tables, const Plan& plan) {
  const OutsideOfRecording outside;
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "to make a stream");
  send(tables, plan, stream);
  const cudaError_t waited = cudaStreamSynchronize(stream);
  cudaStreamDestroy(stream);
  check(waited, "to send the tables");
}

template <class T>
void run_survey(const PlannedSurvey& planned, Survey<T> survey, const Tables& tables) {
  if (planned.num_chunks == 0) return;
  const std::byte* base = tables.memory.data();
  survey.rows = reinterpret_cast<const GradientRow<T>*>(base + planned.rows);
  survey.chunks = reinterpret_cast<const DeviceChunk*>(base + planned.chunks);
  survey.parts = reinterpret_cast<Sums*>(tables.survey_parts.data());
  survey_kernel<T>
      <<<planned.num_chunks, kDeviceThreads, 0, static_cast<cudaStream_t>(survey.inputs.stream)>>>(survey);
  check(cudaGetLastError(), "to look through the gradients");
}

/// Starts the kernels of a step whose tables were sent.
void run(const Plan& plan, const Tables& tables, const CudaStepInputs& inputs, Control* control) {
  if (plan.survey) {
    const bool only_single = plan.wide.num_chunks == 0, only_wide = plan.single.num_chunks == 0;
    run_survey<float>(plan.single, {.control = control, .first = true, .last = only_single, .inputs = inputs},
                      tables);
    run_survey<double>(plan.wide, {.control = control, .first = only_wide, .last = true, .inputs = inputs},
                       tables);
  }
  const std::byte* base = tables.memory.data();
  for (const PlannedLaunch& planned : plan.launches) {
    planned.run({.tensors = base + planned.tensors,
                 .num_tensors = planned.num_tensors,
                 .chunks = reinterpret_cast<const DeviceChunk*>(base + planned.chunks),
                 .num_chunks = planned.num_chunks,
                 .numbers = reinterpret_cast<const StepNumbers*>(base),
                 .control = control,
                 .surveyed = plan.survey,
                 .first = &planned == &plan.launches.front()},
                static_cast<cudaStream_t>(inputs.stream));
  }
}

}  // namespace

void CudaStepper::step(std::span<const TensorStep<float>> single, std::span<const TensorStep<double>> wide,
                       const CudaStepInputs& inputs) {
  const Plan plan = make_plan(single, wide, inputs);
  if (plan.launches.empty()) return;
  if (inputs.captured) memory_->captured.push_back(std::make_unique<Tables>());
  Tables& tables = inputs.captured ? *memory_->captured.back() : memory_->eager;
  tables.num_groups = inputs.groups.size();
  if (inputs.captured) {
    send_while_recording(tables, plan);
  } else {
    send(tables, plan, static_cast<cudaStream_t>(inputs.stream));
  }
  run(plan, tables, inputs, reinterpret_cast<Control*>(memory_->control.data()));
}

void CudaStepper::refresh_captured(std::span<const StepSettings> groups, void* stream) {
  const std::vector<StepNumbers> numbers(groups.begin(), groups.end());
  const std::size_t bytes = numbers.size() * sizeof(StepNumbers);
  for (const auto& tables : memory_->captured) {
    std::byte* sent = tables->sent.data();
    if (numbers.size() != tables->num_groups || std::memcmp(sent, numbers.data(), bytes) == 0) continue;
    std::memcpy(sent, numbers.data(), bytes);
    check(cudaMemcpyAsync(tables->memory.data(), sent, bytes, cudaMemcpyHostToDevice,
                          static_cast<cudaStream_t>(stream)),
          "to send the options");
  }
}

StepCounts CudaStepper::take_counts(void* stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  Control control;
  auto* there = reinterpret_cast<Control*>(memory_->control.data());
  check(cudaMemcpyAsync(&control, there, sizeof control, cudaMemcpyDeviceToHost, on), "to read the counts");
  check(cudaStreamSynchronize(on), "to read the counts");
  const auto* totals = reinterpret_cast<std::byte*>(&there->total_zeros);
  check(cudaMemsetAsync(const_cast<std::byte*>(totals), 0, 4 * sizeof control.total_zeros, on),
        "to clear the counts");
  return {.zeros = static_cast<std::int64_t>(control.total_zeros),
          .sign_flips = static_cast<std::int64_t>(control.total_sign_flips),
          .clamped = static_cast<std::int64_t>(control.total_clamped),
          .skipped = static_cast<std::int64_t>(control.total_skipped)};
}

}  // namespace mirrortune
