#include "experiment/detail/group_run.h"

#include <algorithm>

#include <torch/torch.h>

#include "base/parallel.h"

namespace mirrortune {
namespace {

constexpr int kMostOnOneGpu = 8;  ///< that `auto` tries; each needs all the memory of a training

/// How many trainings side by side `auto` may try on the machine.
int most_on(const Machine& machine) {
  if (!torch::Device(machine.device).is_cpu()) return kMostOnOneGpu;
  return std::max(1, available_threads() / machine.threads);
}

}  // namespace

GroupRun::GroupRun(RunState& run, const std::vector<const CellSetup*>& cells, const ScheduleOptions& schedule)
    : run_(run), schedule_(schedule) {
  for (const auto* cell : cells) cells_.push_back(std::make_unique<CellRun>(run, *cell));
}

void GroupRun::run(bool search_only) {
  for (const auto& cell : cells_) cell->prepare();
  std::vector<std::vector<std::uint64_t>> seeds(cells_.size());
  std::size_t trainings = search_only ? cells_.size() : 0;
  for (std::size_t c = 0; c < cells_.size() && !search_only; ++c) {
    seeds[c] = cells_[c]->seeds();
    trainings += seeds[c].size();
  }
  WorkQueue queue(std::move(seeds));
  const int side_by_side = trainings_side_by_side(static_cast<int>(trainings));
  parallel_for(side_by_side, side_by_side, [&](std::int64_t) { work_through(queue); });
  if (failure_) std::rethrow_exception(failure_);
}

int GroupRun::trainings_side_by_side(int trainings) const {
  if (schedule_.parallel > 0) return std::min(schedule_.parallel, trainings);
  return cells_.front()->trainings_side_by_side(std::min(trainings, most_on(run_.setup.machine)));
}

void GroupRun::work_through(WorkQueue& queue) {
  torch::set_num_threads(run_.setup.machine.threads);
  try {
    while (const auto piece = queue.take()) run_piece(*piece, queue);
  } catch (...) {
    queue.close();
    const std::lock_guard lock(run_.mutex);
    if (!run_.ending.exchange(true)) failure_ = std::current_exception();
  }
}

void GroupRun::run_piece(const WorkQueue::Piece& piece, WorkQueue& queue) {
  CellRun& cell = *cells_[piece.cell];
  if (!piece.seed) {
    if (!cell.find_rate()) {
      const std::lock_guard lock(run_.mutex);
      run_.failed_searches.push_back(cell.name());
    }
    queue.search_ended(piece.cell);
  } else if (!cell.run_trial(*piece.seed) && schedule_.on_failure == OnFailure::fail_fast) {
    queue.close();
    run_.failed_fast = true;
  }
}

}  // namespace mirrortune
