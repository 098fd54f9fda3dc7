#include <sys/resource.h>

#include "base/stream.h"
#include "weights/file_builder.h"

namespace mirrortune {
namespace {

using test::fixture;
using test::slurp;
using test::spill;

constexpr std::uint64_t kMutants = 2000;

/// One damaged variant of `bytes`, a pure function of `number`: a truncation, or one to four changes of a
/// byte, a bit, a 32-bit number, or a stretch copied, cut out or put in.
std::string mutant(std::string bytes, std::uint64_t number) {
  const Stream stream(number, "mutation");
  std::uint64_t draw = 0;
  const auto below = [&](std::uint64_t n) { return stream.below(draw++, std::max<std::uint64_t>(n, 1)); };
  if (below(10) == 0) return bytes.substr(0, below(bytes.size()));
  for (std::uint64_t change = 0, changes = 1 + below(4); change < changes && bytes.size() > 8; ++change) {
    const auto at = below(bytes.size() - 4);
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes.replace(at, 4, test::little_endian(below(2) == 0 ? ~0ull : 1ull << below(32), 4));
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
        break;
      case 4:
        bytes.erase(at, below(40));
        break;
      default:
        bytes.replace(at, std::min<std::size_t>(8, bytes.size() - at),
                      bytes.substr(below(bytes.size() - 8), 8));
        break;
    }
  }
  return bytes;
}

/// Reads every mutant whole; each must be read or refused with exit code 65. Returns how many were refused.
std::uint64_t refused(const std::string& bytes, std::string (*pack)(const std::string&)) {
  const test::TemporaryFolder folder;
  std::uint64_t count = 0;
  for (std::uint64_t number = 0; number < kMutants; ++number) {
    spill(folder / "mutant", pack(mutant(bytes, number)));
    try {
      test::read_everything(folder / "mutant");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data) << "mutant " << number << ": " << error.what();
      count += 1;
    }
  }
  return count;
}

std::string as_it_is(const std::string& bytes) { return bytes; }

/// The pickle of a .pth mutated, in an archive whose checksums are right.
std::string in_an_archive(const std::string& pickle) { return test::pth_of(pickle); }

class Mutants : public testing::TestWithParam<std::string> {};

TEST_P(Mutants, AreReadOrRefusedAndNeverCrash) {
  EXPECT_GT(refused(slurp(fixture("weights/" + GetParam())), as_it_is), kMutants / 4);
}

INSTANTIATE_TEST_SUITE_P(Files, Mutants,
                         testing::Values("network.pth", "repacked.pth", "views.legacy.pth",
                                         "checkpoint.legacy.pth", "dtypes.safetensors"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(Mutants, OfAPickleWithRightChecksumsAreReadOrRefused) {
  const test::TensorText plain{.storage = {}, .offset = 0};
  const test::TensorText turned{.storage = {}, .offset = 1, .shape = {2, 2}, .strides = {1, 2}};
  const std::string pickle = test::whole_pickle(test::pickled_dict(
      {{"state_dict", test::pickled_dict({{"a", test::pickled(plain)}, {"b", test::pickled(turned)}})},
       {"epoch", "K\x07"}}));
  EXPECT_GT(refused(pickle, in_an_archive), kMutants / 4);
}

TEST(Mutants, CostLittleMemory) {
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  refused(slurp(fixture("weights/views.legacy.pth")), as_it_is);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 300 * 1024) << "KiB more than before";
}

}  // namespace
}  // namespace mirrortune
