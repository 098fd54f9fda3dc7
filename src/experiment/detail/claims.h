#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/folder_lock.h"

namespace mirrortune {

/// Who of several processes works on which part of a run directory: a part is a name like
/// "resnet18__2-norm/seed-03", its claim a lock under `.claims/`. A process that runs the directory alone
/// claims nothing.
class Claims {
 public:
  /// A part that is this process's for as long as this lives.
  using Claim = std::optional<FileLock>;

  Claims(std::filesystem::path folder, bool alone) : folder_(std::move(folder)), alone_(alone) {}

  bool alone() const { return alone_; }
  /// Takes a part. False if another process has it.
  bool take(const std::string& part, Claim& claim) const;
  /// Takes a part, and waits while another process has it. Throws StoppedError after a stop request.
  Claim wait_for(const std::string& part) const;

 private:
  std::filesystem::path folder_;
  bool alone_;
};

}  // namespace mirrortune
