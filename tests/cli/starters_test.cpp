#include <gmock/gmock.h>

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// Writes what `config init` prints to `<name>.yaml`.
void save_starter(const World& world, const std::string& name) {
  const Ended printed = run(world.command({"config", "init", name}));
  EXPECT_EQ(printed.code, 0) << printed.err;
  EXPECT_THAT(printed.out, HasSubstr("mirrortune run -c " + name + ".yaml"));
  world.write(name + ".yaml", printed.out);
}

TEST(Starters, AreWholeConfigurationsAndSayHowTheyAreRun) {
  const World world;
  for (const std::string name : {"finetune", "pretrain", "self_supervised", "recurrent"}) {
    save_starter(world, name);
    const Json shown = succeed(world.command({"config", "show", name + ".yaml", "--json"}));
    EXPECT_THAT(shown.at("yaml").get<std::string>(), HasSubstr("name: " + name + "  #"));
    EXPECT_EQ(succeed(world.command({"config", "init", name, "--json"})).at("yaml"),
              world.read(name + ".yaml"));
  }
}

TEST(Starters, RunAsTheySay) {
  const World world;
  save_starter(world, "recurrent");
  succeed(world.command({"data", "synth", "--digits", "--out", "digits", "--count", "120", "--json"}));
  succeed(world.command({"run", "-q", "-c", "recurrent.yaml", "--json", "-s", "data.subset.count=60", "-s",
                         "train.epochs=1", "-s", "seeds.count=1", "-s", "lr.search=[1e-2]", "-s",
                         "grid.potential=[2-norm]"}));
  EXPECT_TRUE(fs::exists(world / "runs/recurrent/report/index.html"));
}

TEST(Starters, AreNamedWhereAnotherIsAskedFor) {
  const Ended refused = run(World().command({"config", "init", "finetuning"}));
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, AllOf(HasSubstr("finetuning"), HasSubstr("finetune"), HasSubstr("recurrent")));
}

}  // namespace
}  // namespace mirrortune::test
