#include "dataset/detail/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace mirrortune::detail {
namespace {

/// The state that the threads of one parallel_for share.
class Loop {
 public:
  Loop(std::int64_t count, const DecodeControl& control, const std::function<void(std::int64_t)>& body)
      : count_(count), control_(control), body_(body) {}

  /// Takes indices until none is left or one failed. Indices are taken in order, so that all below a failed
  /// one run to their end and the lowest failure is always known.
  void work() {
    while (!ended_) {
      const std::int64_t i = next_++;
      if (i >= count_) return;
      try {
        if (control_.stop && control_.stop())
          throw StoppedError(
              {.what = "stopped while reading images", .todo = "Repeat the same command to go on"});
        body_(i);
        report(++done_);
      } catch (...) {
        fail(i, std::current_exception());
      }
    }
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void report(std::int64_t done) {
    if (!control_.progress) return;
    const std::unique_lock lock(progress_mutex_, std::try_to_lock);
    if (lock.owns_lock()) control_.progress(done, count_);
  }

  void fail(std::int64_t i, std::exception_ptr failure) {
    const std::lock_guard lock(failure_mutex_);
    ended_ = true;
    if (i >= failed_) return;
    failed_ = i;
    failure_ = std::move(failure);
  }

  const std::int64_t count_;
  const DecodeControl& control_;
  const std::function<void(std::int64_t)>& body_;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<std::int64_t> done_ = 0;
  std::atomic<bool> ended_ = false;
  std::mutex progress_mutex_;
  std::mutex failure_mutex_;
  std::int64_t failed_ = std::numeric_limits<std::int64_t>::max();
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(std::int64_t count, const DecodeControl& control,
                  const std::function<void(std::int64_t)>& body) {
  const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::int64_t threads = std::min(control.threads > 0 ? control.threads : cores, count);
  Loop loop(count, control, body);
  {
    std::vector<std::jthread> others;
    for (std::int64_t i = 1; i < threads; ++i) others.emplace_back([&loop] { loop.work(); });
    loop.work();
  }
  loop.rethrow();
  if (control.progress) control.progress(count, count);
}

DecodeControl part_control(const DecodeControl& control, std::int64_t begin, std::int64_t count) {
  DecodeControl part = control;
  if (control.progress) {
    part.progress = [&control, begin, count](std::int64_t done, std::int64_t) {
      control.progress(begin + done, count);
    };
  }
  return part;
}

}  // namespace mirrortune::detail
