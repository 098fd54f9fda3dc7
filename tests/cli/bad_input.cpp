#include "bad_input.h"

#include <ostream>

#include <gmock/gmock.h>

namespace mirrortune::test {

using testing::HasSubstr;

BadInput command_line(std::string name, int code, std::vector<std::string> all,
                      std::vector<std::string> words) {
  return {std::move(name), code, std::move(words), [=](World& world) { return world.command(all); }};
}

BadInput run_with(std::string name, int code, std::vector<std::string> further,
                  std::vector<std::string> words) {
  return {std::move(name), code, std::move(words), [=](World& world) { return world.run_command(further); }};
}

void PrintTo(const BadInput& bad, std::ostream* out) { *out << bad.name; }

TEST_P(BadInputs, EndWithTheirCodeAndASentenceAndLeaveTheRunWhole) {
  const BadInput& bad = GetParam();
  World world;
  Start start = bad.prepare(world);
  start.arguments.push_back("--json");
  const Ended ended = run(start);
  EXPECT_EQ(ended.signal, 0) << "a death by signal is a bug whatever the input";
  EXPECT_EQ(ended.code, bad.code) << ended.err << ended.out;
  EXPECT_THAT(ended.err, HasSubstr("mirrortune: error: "));
  for (const auto& word : bad.words) EXPECT_THAT(ended.err, HasSubstr(word));
  EXPECT_EQ(broken_parts(world.run_folder()), "");
  const Json told = document(ended);
  EXPECT_EQ(told.value("schema", 0), 1) << ended.out;
  EXPECT_EQ(told.contains("error") ? told["error"]["code"] : Json(bad.code), bad.code);
}

}  // namespace mirrortune::test
