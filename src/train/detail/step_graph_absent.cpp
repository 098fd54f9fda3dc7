// The same functions as step_graph.cpp, for builds without CUDA.
#include "base/error.h"
#include "train/detail/step_graph.h"

namespace mirrortune {

bool StepGraph::supports(torch::Device /*device*/) { return false; }

struct StepGraph::Recording {};

StepGraph::StepGraph() = default;
StepGraph::~StepGraph() = default;
void StepGraph::record(const std::function<void()>& /*work*/) { MIRRORTUNE_CHECK(false); }
void StepGraph::replay() { MIRRORTUNE_CHECK(false); }

struct StepStream::Guard {};

StepStream::StepStream(torch::Device /*device*/) {}
StepStream::~StepStream() = default;

}  // namespace mirrortune
