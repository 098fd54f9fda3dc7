#include "experiment/detail/work_queue.h"

#include <algorithm>

namespace mirrortune {

WorkQueue::WorkQueue(std::vector<std::vector<std::uint64_t>> seeds) {
  for (auto& one : seeds) cells_.push_back({.seeds = std::move(one)});
}

std::optional<WorkQueue::Piece> WorkQueue::take() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    if (const auto piece = next()) return piece;
    if (!is_waiting()) break;
    changed_.wait(lock);
  }
  return std::nullopt;
}

std::optional<WorkQueue::Piece> WorkQueue::next() {
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    Cell& cell = cells_[c];
    if (cell.search == Search::open) {
      cell.search = Search::running;
      return Piece{.cell = c};
    }
    if (cell.search == Search::ended && cell.taken < cell.seeds.size()) {
      return Piece{.cell = c, .seed = cell.seeds[cell.taken++]};
    }
  }
  return std::nullopt;
}

bool WorkQueue::is_waiting() const {
  return std::any_of(cells_.begin(), cells_.end(), [](const Cell& cell) {
    return cell.search == Search::running && cell.taken < cell.seeds.size();
  });
}

void WorkQueue::search_ended(std::size_t cell) {
  const std::lock_guard lock(mutex_);
  cells_.at(cell).search = Search::ended;
  changed_.notify_all();
}

void WorkQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace mirrortune
