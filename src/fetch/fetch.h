#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/stop.h"

namespace mirrortune {

/// What is fetched, and how one knows that it came.
struct FetchRequest {
  std::string address;           ///< https:// or http://
  std::filesystem::path target;  ///< replaced if it is there
  /// Starts of the sha256 that the content may have, in lower case; empty: it is not checked.
  std::vector<std::string> sha256_prefixes = {};
  /// Sizes in bytes that the content may have, both ends inclusive.
  std::uint64_t smallest_bytes = 0;
  std::uint64_t largest_bytes = std::uint64_t{4} << 30;
};

/// How far a fetch is.
struct FetchProgress {
  std::uint64_t done_bytes;
  std::uint64_t total_bytes;  ///< 0: not known
};

/// How patient a fetch is, and whom it tells.
struct FetchOptions {
  /// A fetch gives up after so many tries in a row of which none brought `worthwhile_bytes` of new content.
  int tries = 5;
  std::uint64_t worthwhile_bytes = 1 << 20;
  /// Wait before the second try; doubled before each further one, up to `longest_wait`.
  std::chrono::milliseconds first_wait{1000};
  std::chrono::milliseconds longest_wait{30'000};
  std::chrono::milliseconds connect_timeout{20'000};
  /// A connection that brings less than this for `stall_seconds` is cut.
  int slowest_bytes_per_second = 1024;
  int stall_seconds = 30;
  int most_redirects = 5;
  /// Asked several times a second, at the latest after one: true ends the fetch.
  std::function<bool()> stop = stop_requested;
  std::function<void(const FetchProgress&)> progress = {};
  /// A sentence about what went wrong and is tried again.
  std::function<void(const std::string&)> note = {};
};

struct FetchResult {
  std::string sha256 = {};  ///< of the file, all 64 digits
  std::uint64_t bytes = 0;
  std::uint64_t resumed_from_bytes = 0;  ///< what an earlier call had already brought and was used
};

/// Fetches a file, which appears under its name whole and checked, or not at all. What came before a cut lies
/// beside it as `<target>.part` (and `<target>.part.etag`, what the server calls that content); the same call
/// goes on from there, or begins anew if the server ignores ranges or has other content by now. Makes the
/// target's folder.
///
/// Throws DataError if the content has another hash or size than asked for, or the server is not trusted or
/// redirects to something that is not http or, from https, not https: nothing of that is kept. MissingError
/// if the server has no such file (4xx). TransferError if the network or the server failed as often as
/// `tries` allows, and StoppedError when stopped: the part file is kept. BusyError if another process fetches
/// the same file. WriteError or PermissionError if it cannot be written. Error with ExitCode::device if
/// libcurl is not installed.
FetchResult fetch(const FetchRequest& request, const FetchOptions& options = {});

}  // namespace mirrortune
