// Kernels and the device's memory. The mathematics of a weight is the CPU's (weight_step.h). Includes no
// header of LibTorch, so that nvcc alone compiles it; -fmad=false keeps the bits of the CPU.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <variant>
#include <vector>

#include <cuda_runtime.h>

#include "base/error.h"
#include "optim/cuda_step.h"
#include "optim/detail/device_table.h"

namespace mirrortune {
namespace {

using detail::DeviceChunk;
using detail::DeviceTensor;
using detail::kDeviceThreads;

void check(cudaError_t result, const char* doing) {
  if (result == cudaSuccess) return;
  throw DeviceError({.what = "cannot take a step of mirror descent on a CUDA device",
                     .where = doing,
                     .why = cudaGetErrorString(result)});
}

/// Σg² of the gradients and Σ0·g, which is 0 unless a gradient is not finite.
struct Sums {
  double squares;
  double zeros;
};

/// What kernels tell each other and the host.
struct Control {
  unsigned finished_blocks;  ///< of the kernel that runs
  int skip;                  ///< the step that runs changes nothing
  double gradient_scale;     ///< of the step that runs, if its gradients were surveyed
  Sums surveyed;             ///< of the dtypes surveyed so far
  // Of the launch that runs.
  unsigned long long zeros, sign_flips, clamped;
  // Since the host last took them; the zeros are those of the last step.
  unsigned long long total_zeros, total_sign_flips, total_clamped, total_skipped;
};

/// Whether the calling block is the last of its kernel to arrive here; what the others wrote before is then
/// visible to all its threads.
__device__ bool is_last_block(Control* control) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(&control->finished_blocks, 1u) == gridDim.x - 1;
    if (last) control->finished_blocks = 0;
  }
  __syncthreads();
  if (last) __threadfence();
  return last;
}

/// One dtype's part of a survey.
template <class T>
struct GradientRow {
  const T* gradient;
  std::int64_t size;
};
template <class T>
struct Survey {
  const GradientRow<T>* rows;
  const DeviceChunk* chunks;
  Sums* parts;  ///< one per block
  Control* control;
  bool first, last;  ///< of the step's surveys
  CudaStepInputs inputs;
};

/// The sum over a block's threads, in one order; returned to thread 0.
__device__ Sums sum_over_block(Sums own) {
  __shared__ Sums of_threads[kDeviceThreads];
  of_threads[threadIdx.x] = own;
  for (int half = kDeviceThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      of_threads[threadIdx.x].squares += of_threads[threadIdx.x + half].squares;
      of_threads[threadIdx.x].zeros += of_threads[threadIdx.x + half].zeros;
    }
  }
  return of_threads[0];
}

/// Decides from the sums over all gradients what becomes of the step.
__device__ void decide(const CudaStepInputs& inputs, Control& control) {
  const bool finite = control.surveyed.zeros == 0.0;
  const double unscale = inputs.loss_scale ? 1.0 / static_cast<double>(*inputs.loss_scale) : 1.0;
  control.gradient_scale = unscale;
  if (inputs.clip_norm > 0.0) {  // as torch.nn.utils.clip_grad_norm_ has it
    const double norm = sqrt(control.surveyed.squares) * unscale;
    const double shrink = inputs.clip_norm / (norm + 1e-6);
    if (shrink < 1.0) control.gradient_scale *= shrink;
  }
  control.skip = inputs.skip_nonfinite && !finite ? 1 : 0;
  control.total_skipped += static_cast<unsigned>(control.skip);
  if (inputs.found_inf) *inputs.found_inf = control.skip != 0 ? 1.0f : 0.0f;
}

template <class T>
__global__ void __launch_bounds__(kDeviceThreads) survey_kernel(Survey<T> survey) {
  const DeviceChunk chunk = survey.chunks[blockIdx.x];
  const GradientRow<T> row = survey.rows[chunk.tensor];
  const std::int64_t begin = chunk.part * detail::kDeviceChunk;
  const std::int64_t end = min(begin + detail::kDeviceChunk, row.size);
  Sums own{0.0, 0.0};
  for (std::int64_t i = begin + threadIdx.x; i < end; i += kDeviceThreads) {
    const double g = static_cast<double>(row.gradient[i]);
    own.squares += g * g;
    own.zeros += g * 0.0;
  }
  const Sums of_block = sum_over_block(own);
  if (threadIdx.x == 0) survey.parts[blockIdx.x] = of_block;
  if (!is_last_block(survey.control)) return;
  Sums rest{0.0, 0.0};
  for (unsigned block = threadIdx.x; block < gridDim.x; block += kDeviceThreads) {
    rest.squares += survey.parts[block].squares;
    rest.zeros += survey.parts[block].zeros;
  }
  const Sums all = sum_over_block(rest);
  if (threadIdx.x != 0) return;
  Control& control = *survey.control;
  if (survey.first) control.surveyed = Sums{0.0, 0.0};
  control.surveyed.squares += all.squares;
  control.surveyed.zeros += all.zeros;
  if (survey.last) decide(survey.inputs, control);
}

/// The launch of all tensors that one kernel steps.
struct Launch {
  const void* tensors;
  std::uint32_t num_tensors;
  const DeviceChunk* chunks;
  std::uint32_t num_chunks;
  const StepNumbers* numbers;
  Control* control;
  bool surveyed;  ///< the step's survey has decided
  bool first;     ///< of the step's launches
};

__device__ void add_up(unsigned long long* sum, int own) {
  const int of_warp = __reduce_add_sync(0xFFFFFFFFu, own);
  if (threadIdx.x % 32 == 0 && of_warp != 0) atomicAdd(sum, static_cast<unsigned long long>(of_warp));
}

template <bool kPlain, class T, class Chosen, class Step>
__global__ void __launch_bounds__(kDeviceThreads) step_kernel(Launch launch) {
  Control& control = *launch.control;
  if (launch.surveyed && control.skip != 0) return;
  const auto* tensors = static_cast<const DeviceTensor<T, Chosen, Step>*>(launch.tensors);
  const DeviceChunk chunk = launch.chunks[blockIdx.x];
  const auto& tensor = tensors[chunk.tensor];
  const StepNumbers& numbers = launch.numbers[tensor.group];
  // By one thread for all: powers in double are slow.
  __shared__ WeightRules<T> shared_rules;
  if (threadIdx.x == 0) {
    shared_rules = device_rules(tensor, numbers, launch.surveyed ? control.gradient_scale : 1.0);
  }
  __syncthreads();
  const WeightRules<T> rules = shared_rules;
  const WeightCounts counts =
      detail::step_chunk<kPlain>(tensor, numbers, rules, chunk, static_cast<int>(threadIdx.x));
  add_up(&control.zeros, counts.zeros);
  add_up(&control.sign_flips, counts.sign_flips);
  add_up(&control.clamped, counts.clamped);
  if (!is_last_block(launch.control)) return;
  for (std::uint32_t i = threadIdx.x; i < launch.num_tensors; i += kDeviceThreads) {
    const StepNumbers& own = launch.numbers[tensors[i].group];
    if (own.momentum != 0.0) ++tensors[i].steps->with_velocity;
    if (own.second_moment != 0.0) ++tensors[i].steps->with_second_moment;
  }
  if (threadIdx.x != 0) return;
  control.total_zeros = (launch.first ? 0 : control.total_zeros) + control.zeros;
  control.total_sign_flips += control.sign_flips;
  control.total_clamped += control.clamped;
  control.zeros = control.sign_flips = control.clamped = 0;
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
  std::size_t size() const { return size_; }
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
              const auto row = detail::device_tensor(tensor, group, rate, potential, step);
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
  const auto chunks = detail::chunks_of(sizes);
  return {.rows = image.add(rows),
          .chunks = image.add(chunks),
          .num_chunks = static_cast<std::uint32_t>(chunks.size())};
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
  Tables eager, captured;
};

bool has_cuda_step() { return true; }

CudaStepper::CudaStepper() : memory_(std::make_unique<Memory>()) {
  memory_->control.reserve(sizeof(Control));
  check(cudaMemset(memory_->control.data(), 0, sizeof(Control)), "to clear memory");
}

CudaStepper::~CudaStepper() = default;

namespace {

/// Makes room for a step's tables. A captured step finds it there: nothing may be allocated while a graph is
/// recorded.
void make_room(Tables& tables, std::size_t image_bytes, std::size_t parts_bytes, bool captured) {
  if (captured && (tables.memory.size() < image_bytes || tables.survey_parts.size() < parts_bytes)) {
    throw DeviceError({.what = "cannot record a step of mirror descent into a graph",
                       .why = "no step of the same tensors was taken before",
                       .todo = "Take a step, then record one"});
  }
  tables.memory.reserve(image_bytes);
  tables.survey_parts.reserve(parts_bytes);
}

/// Sends the tables if they are not those that are there. Those of a captured step are sent while it is
/// recorded, on a stream that is not: its replays then find them.
void send(Tables& tables, const std::vector<std::byte>& bytes, const CudaStepInputs& inputs) {
  if (tables.sent == bytes && !inputs.captured) return;
  auto stream = static_cast<cudaStream_t>(inputs.stream);
  if (inputs.captured) check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "to make a stream");
  const cudaError_t sent =
      cudaMemcpyAsync(tables.memory.data(), bytes.data(), bytes.size(), cudaMemcpyHostToDevice, stream);
  if (inputs.captured) {
    const cudaError_t waited = cudaStreamSynchronize(stream);
    cudaStreamDestroy(stream);
    check(waited, "to send the tables");
  }
  check(sent, "to send the tables");
  tables.sent = bytes;
}

}  // namespace

void CudaStepper::step(std::span<const TensorStep<float>> single, std::span<const TensorStep<double>> wide,
                       const CudaStepInputs& inputs) {
  RowCollector collector(inputs.groups);
  for (const auto& tensor : single) collector.add(tensor);
  for (const auto& tensor : wide) collector.add(tensor);
  const std::vector<StepNumbers> numbers(inputs.groups.begin(), inputs.groups.end());
  Image image;  // the numbers first: refresh_captured finds them there
  image.add(numbers);
  std::vector<PlannedLaunch> launches;
  for (const KernelRows& kernel : collector.kernels()) {
    const auto chunks = detail::chunks_of(kernel.sizes);
    if (chunks.empty()) continue;
    launches.push_back({.run = kernel.run,
                        .tensors = image.add(kernel.rows),
                        .chunks = image.add(chunks),
                        .num_tensors = static_cast<std::uint32_t>(kernel.sizes.size()),
                        .num_chunks = static_cast<std::uint32_t>(chunks.size())});
  }
  if (launches.empty()) return;
  const bool survey = inputs.skip_nonfinite || inputs.clip_norm > 0.0 || inputs.loss_scale != nullptr;
  PlannedSurvey single_survey, wide_survey;
  if (survey) {
    single_survey = plan_survey(single, image);
    wide_survey = plan_survey(wide, image);
  }
  const std::size_t parts_bytes = std::max(single_survey.num_chunks, wide_survey.num_chunks) * sizeof(Sums);
  Tables& tables = inputs.captured ? memory_->captured : memory_->eager;
  make_room(tables, image.bytes().size(), parts_bytes, inputs.captured);
  if (!inputs.captured) make_room(memory_->captured, image.bytes().size(), parts_bytes, false);
  tables.num_groups = numbers.size();
  send(tables, image.bytes(), inputs);

  const auto stream = static_cast<cudaStream_t>(inputs.stream);
  const std::byte* base = tables.memory.data();
  auto* control = reinterpret_cast<Control*>(memory_->control.data());
  const auto run_survey = [&]<class T>(const PlannedSurvey& plan, bool first, bool last, T) {
    if (plan.num_chunks == 0) return;
    survey_kernel<T><<<plan.num_chunks, kDeviceThreads, 0, stream>>>(
        {.rows = reinterpret_cast<const GradientRow<T>*>(base + plan.rows),
         .chunks = reinterpret_cast<const DeviceChunk*>(base + plan.chunks),
         .parts = reinterpret_cast<Sums*>(tables.survey_parts.data()),
         .control = control,
         .first = first,
         .last = last,
         .inputs = inputs});
    check(cudaGetLastError(), "to look through the gradients");
  };
  if (survey) {
    run_survey(single_survey, /*first=*/true, /*last=*/wide_survey.num_chunks == 0, 0.0f);
    run_survey(wide_survey, /*first=*/single_survey.num_chunks == 0, /*last=*/true, 0.0);
  }
  for (const PlannedLaunch& planned : launches) {
    planned.run({.tensors = base + planned.tensors,
                 .num_tensors = planned.num_tensors,
                 .chunks = reinterpret_cast<const DeviceChunk*>(base + planned.chunks),
                 .num_chunks = planned.num_chunks,
                 .numbers = reinterpret_cast<const StepNumbers*>(base),
                 .control = control,
                 .surveyed = survey,
                 .first = &planned == &launches.front()},
                stream);
  }
}

void CudaStepper::refresh_captured(std::span<const StepSettings> groups, void* stream) {
  const std::vector<StepNumbers> numbers(groups.begin(), groups.end());
  Tables& tables = memory_->captured;
  const std::size_t bytes = numbers.size() * sizeof(StepNumbers);
  if (numbers.size() != tables.num_groups || std::memcmp(tables.sent.data(), numbers.data(), bytes) == 0) {
    return;
  }
  std::memcpy(tables.sent.data(), numbers.data(), bytes);
  check(cudaMemcpyAsync(tables.memory.data(), tables.sent.data(), bytes, cudaMemcpyHostToDevice,
                        static_cast<cudaStream_t>(stream)),
        "to send the options");
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
