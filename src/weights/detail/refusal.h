#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace mirrortune::detail {

/// Why a file is refused, thrown by the readers, which do not know its path; WeightsFile makes a WeightsError
/// of it.
struct Refusal : std::runtime_error {
  explicit Refusal(const std::string& why, std::string what_to_do = {})
      : std::runtime_error(why), todo(std::move(what_to_do)) {}
  std::string todo;
};

[[noreturn]] inline void refuse(const std::string& why, std::string todo = {}) {
  throw Refusal(why, std::move(todo));
}

}  // namespace mirrortune::detail
