#pragma once

#include <exception>
#include <memory>
#include <vector>

#include "experiment/detail/cell_run.h"
#include "experiment/detail/run_state.h"
#include "experiment/detail/work_queue.h"
#include "experiment/options.h"

namespace mirrortune {

/// Runs the trainings of cells that share their images, as many at once as the schedule says.
class GroupRun {
 public:
  /// The images are decoded.
  GroupRun(RunState& run, const std::vector<const CellSetup*>& cells, const ScheduleOptions& schedule);

  /// The searches and then the trials, or the searches alone. Throws the first error that ends the run; the
  /// other trainings have then stopped, and can go on later.
  void run(bool search_only);

 private:
  /// For so many trainings.
  int trainings_side_by_side(int trainings) const;
  /// What one thread does. The first error of all threads is kept, and ends the others' trainings.
  void work_through(WorkQueue& queue);
  void run_piece(const WorkQueue::Piece& piece, WorkQueue& queue);

  RunState& run_;
  const ScheduleOptions& schedule_;
  std::vector<std::unique_ptr<CellRun>> cells_;
  std::exception_ptr failure_;
};

}  // namespace mirrortune
