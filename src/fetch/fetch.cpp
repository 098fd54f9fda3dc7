#include "fetch/fetch.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "fetch/detail/part_file.h"
#include "fetch/detail/transfer.h"

namespace mirrortune {
namespace {

using detail::Ending;
using detail::Outcome;
using detail::PartFile;
using std::chrono::milliseconds;

constexpr const char* kWhat = "cannot download";
constexpr const char* kGoOn = "Run the same command to go on";

class Fetcher {
 public:
  Fetcher(const FetchRequest& request, const FetchOptions& options)
      : request_(request), options_(options), part_(request.target) {}

  FetchResult run() {
    if (!may_go_on()) part_.restart("");
    resumed_from_bytes_ = part_.bytes();
    joined_ = resumed_from_bytes_ > 0;
    download();
    std::string sha256 = part_.sha256();
    if (!what_is_wrong(sha256).empty() && joined_) {
      note("the pieces do not make the right file; beginning anew");
      resumed_from_bytes_ = 0;
      part_.restart("");
      download();
      sha256 = part_.sha256();
    }
    if (const auto wrong = what_is_wrong(sha256); !wrong.empty()) refuse(wrong);
    const FetchResult result{sha256, part_.bytes(), resumed_from_bytes_};
    part_.move_into_place();
    return result;
  }

 private:
  /// Bytes of which nobody can say what they are of are not gone on with.
  bool may_go_on() const {
    const bool known = !part_.etag().empty() || !request_.sha256_prefixes.empty();
    return known && part_.bytes() <= request_.largest_bytes;
  }

  /// Tries until the whole file is there; throws if it will not come.
  void download() {
    std::uint64_t furthest = part_.bytes();
    int failures = 0;
    milliseconds wait = options_.first_wait;
    for (;;) {
      const std::uint64_t before = part_.bytes();
      const Outcome outcome = detail::transfer(request_, options_, part_);
      if (outcome.from_start) resumed_from_bytes_ = 0;
      joined_ = !outcome.from_start && (joined_ || (before > 0 && part_.bytes() > before));
      if (is_complete(outcome)) return;
      throw_if_final(outcome);
      if (outcome.ending == Ending::beyond_end) part_.restart("");
      if (part_.bytes() >= furthest + options_.worthwhile_bytes) {
        failures = 0;
        wait = options_.first_wait;
      }
      furthest = std::max(furthest, part_.bytes());
      if (++failures >= options_.tries) give_up(outcome.why);
      note(fmt::format("{} (after {} bytes); trying again in {:.1f} s", outcome.why, part_.bytes(),
                       std::chrono::duration<double>(wait).count()));
      sleep(wait);
      wait = std::min(2 * wait, options_.longest_wait);
    }
  }

  bool is_complete(const Outcome& outcome) const {
    const bool all_there = outcome.ending == Ending::beyond_end && outcome.total_bytes == part_.bytes();
    return outcome.ending == Ending::complete || all_there;
  }

  void throw_if_final(const Outcome& outcome) {
    switch (outcome.ending) {
      case Ending::refused:
        throw MissingError({.what = kWhat,
                            .where = where(),
                            .why = outcome.why,
                            .todo = "Check the address; another one may have the file"});
      case Ending::forbidden:
        throw DataError(
            {.what = kWhat, .where = where(), .why = outcome.why, .safe = "Nothing was kept of that"});
      case Ending::too_big:
        refuse(outcome.why);
      case Ending::stopped:
        stop();
      case Ending::complete:
      case Ending::interrupted:
      case Ending::beyond_end:
        return;
    }
  }

  /// What is wrong with the whole content; "" if nothing is.
  std::string what_is_wrong(const std::string& sha256) const {
    if (part_.bytes() < request_.smallest_bytes) {
      return fmt::format("{} bytes came, at least {} are right", part_.bytes(), request_.smallest_bytes);
    }
    const auto& prefixes = request_.sha256_prefixes;
    const bool known =
        std::ranges::any_of(prefixes, [&](const auto& prefix) { return sha256.starts_with(prefix); });
    if (prefixes.empty() || known) return "";
    return "its sha256 is " + sha256 + ", right would be " + join(prefixes, " or ");
  }

  [[noreturn]] void refuse(const std::string& why) {
    part_.remove();
    throw DataError(
        {.what = "downloaded something else from",
         .where = where(),
         .why = why,
         .safe = "It was removed",
         .todo = "Try again; if it stays so, the server's file changed or something on the way changes it"});
  }

  [[noreturn]] void give_up(const std::string& why) const {
    throw TransferError({.what = kWhat, .where = where(), .why = why, .safe = kept(), .todo = kGoOn});
  }

  [[noreturn]] void stop() const {
    throw StoppedError({.what = "stopped downloading", .where = where(), .safe = kept(), .todo = kGoOn});
  }

  std::string kept() const {
    return part_.bytes() == 0 ? "" : fmt::format("{} bytes came and are kept", part_.bytes());
  }
  std::string where() const { return printable(request_.address); }

  void note(const std::string& text) const {
    if (options_.note) options_.note(text);
  }

  void sleep(milliseconds time) const {
    constexpr milliseconds kSlice{50};
    for (; time.count() > 0; time -= kSlice) {
      if (options_.stop && options_.stop()) stop();
      std::this_thread::sleep_for(std::min(time, kSlice));
    }
  }

  const FetchRequest& request_;
  const FetchOptions& options_;
  PartFile part_;
  std::uint64_t resumed_from_bytes_ = 0;
  bool joined_ = false;  ///< the content was put together from more than one answer
};

}  // namespace

FetchResult fetch(const FetchRequest& request, const FetchOptions& options) {
  if (!request.address.starts_with("https://") && !request.address.starts_with("http://")) {
    throw DataError({.what = kWhat,
                     .where = printable(request.address),
                     .why = "an address must begin with https:// or http://"});
  }
  return Fetcher(request, options).run();
}

}  // namespace mirrortune
