#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "world.h"

namespace mirrortune::test {

/// One thing that can be wrong, what is run then, and what must come of it.
struct BadInput {
  std::string name;
  int code;
  std::vector<std::string> words;  ///< each must stand in the message
  std::function<Start(World&)> prepare;
};

/// Nothing prepared: `mirrortune all…`.
BadInput command_line(std::string name, int code, std::vector<std::string> all,
                      std::vector<std::string> words);
/// Nothing prepared: `run` of the world's configuration with these further arguments.
BadInput run_with(std::string name, int code, std::vector<std::string> further,
                  std::vector<std::string> words);

void PrintTo(const BadInput& bad, std::ostream* out);

/// Runs each case and checks its exit code, its sentence, its document, and that the run directory is whole.
class BadInputs : public testing::TestWithParam<BadInput> {
 public:
  static std::string name_of(const testing::TestParamInfo<BadInput>& info) { return info.param.name; }
};

}  // namespace mirrortune::test
