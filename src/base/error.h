#pragma once

#include <exception>
#include <string>

namespace mirrortune {

/// Exit codes of the program, a contract with scripts (sysexits where one fits).
enum class ExitCode : int {
  ok = 0,
  internal = 1,        ///< our bug
  usage = 2,           ///< command line
  data = 65,           ///< input refused or corrupt: weights, images, tables
  missing = 66,        ///< input missing
  device = 69,         ///< device or library unavailable, or the network switched off
  memory = 71,         ///< out of memory
  exists = 73,         ///< output exists
  write = 74,          ///< write or download failed
  stopped = 75,        ///< stopped on request or out of time; resumable
  busy = 76,           ///< run directory in use
  permission = 77,     ///< no permission
  config = 78,         ///< configuration invalid
  cannot_resume = 79,  ///< the run directory belongs to another configuration
  all_diverged = 80,   ///< every trial diverged
  some_failed = 81,    ///< finished, some trials failed
};

/// The parts of the one sentence a user sees: "<what> <where>: <why>. <safe>. <todo>." Empty parts are left
/// out.
struct ErrorText {
  std::string what = {};   ///< what could not be done: "cannot read weights"
  std::string where = {};  ///< the file, key or place: "a.pth", "exp.yaml:12:3"
  std::string why = {};    ///< the reason: "the CRC of record data/3 differs"
  std::string safe = {};   ///< what is safe: "Nothing was written"
  std::string todo = {};   ///< what to do: "Download the file again"
};

/// The user's mistake or the world's fault, with the exit code that it ends the program with. Libraries throw
/// it and never print; only `main` catches.
class Error : public std::exception {
 public:
  Error(ExitCode code, ErrorText text);

  ExitCode code() const noexcept { return code_; }
  const ErrorText& text() const noexcept { return text_; }
  /// The whole sentence.
  const char* what() const noexcept override { return sentence_.c_str(); }

 private:
  ExitCode code_;
  ErrorText text_;
  std::string sentence_;
};

/// An Error whose exit code is `kCode`.
template <ExitCode kCode>
class ErrorOf : public Error {
 public:
  explicit ErrorOf(ErrorText text) : Error(kCode, std::move(text)) {}
};

struct UsageError : ErrorOf<ExitCode::usage> {
  using ErrorOf::ErrorOf;
};
struct DataError : ErrorOf<ExitCode::data> {
  using ErrorOf::ErrorOf;
};  ///< images, labels, tables, caches
struct WeightsError : ErrorOf<ExitCode::data> {
  using ErrorOf::ErrorOf;
};  ///< weights files and their match to a network
struct MissingError : ErrorOf<ExitCode::missing> {
  using ErrorOf::ErrorOf;
};
struct DeviceError : ErrorOf<ExitCode::device> {
  using ErrorOf::ErrorOf;
};
struct ExistsError : ErrorOf<ExitCode::exists> {
  using ErrorOf::ErrorOf;
};
struct WriteError : ErrorOf<ExitCode::write> {
  using ErrorOf::ErrorOf;
};
struct TransferError : ErrorOf<ExitCode::write> {
  using ErrorOf::ErrorOf;
};  ///< the network or a server failed; what came so far is kept
struct StoppedError : ErrorOf<ExitCode::stopped> {
  using ErrorOf::ErrorOf;
};
struct BusyError : ErrorOf<ExitCode::busy> {
  using ErrorOf::ErrorOf;
};
struct PermissionError : ErrorOf<ExitCode::permission> {
  using ErrorOf::ErrorOf;
};
struct ConfigError : ErrorOf<ExitCode::config> {
  using ErrorOf::ErrorOf;
};
struct ResumeError : ErrorOf<ExitCode::cannot_resume> {
  using ErrorOf::ErrorOf;
};

/// Throws the Error that fits a failed read of `path` by errno: missing (66), no permission (77), else data
/// (65).
[[noreturn]] void throw_read_error(const std::string& what, const std::string& path, int error_number);
/// Throws the Error that fits a failed write of `path` by errno: no permission (77), exists (73), else write
/// (74).
[[noreturn]] void throw_write_error(const std::string& what, const std::string& path, int error_number);

/// Ends in exit code 1: a condition that only a bug of ours can break.
[[noreturn]] void throw_internal_error(const char* condition, const char* file, int line);

}  // namespace mirrortune

#define MIRRORTUNE_CHECK(condition) \
  ((condition) ? void(0) : ::mirrortune::throw_internal_error(#condition, __FILE__, __LINE__))
