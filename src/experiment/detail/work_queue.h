#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace mirrortune {

/// The trainings of some cells in pieces, for threads that take the next whenever they are free: a cell's
/// search first, its trials once it has ended, cell by cell. One thread alone works through them in order.
class WorkQueue {
 public:
  struct Piece {
    std::size_t cell = 0;                    ///< place in the list that the queue was made of
    std::optional<std::uint64_t> seed = {};  ///< none: the cell's search
  };

  /// Of each cell the seeds of its trials.
  explicit WorkQueue(std::vector<std::vector<std::uint64_t>> seeds);

  /// The next piece. Waits while all that is left follows searches that others make. None once nothing is
  /// left, or the queue is closed.
  std::optional<Piece> take();
  /// The cell's search has ended, its trials may be taken.
  void search_ended(std::size_t cell);
  /// Nothing more is handed out.
  void close();

 private:
  enum class Search { open, running, ended };
  struct Cell {
    std::vector<std::uint64_t> seeds;
    std::size_t taken = 0;
    Search search = Search::open;
  };

  /// The next piece that may be taken now.
  std::optional<Piece> next();
  bool is_waiting() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Cell> cells_;
  bool closed_ = false;
};

}  // namespace mirrortune
