#include "config/slurm.h"

#include <fstream>

#include <gmock/gmock.h>

#include "base/error.h"
#include "config/detail/slurm_text.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SlurmOptions load(const std::string& text) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "slurm.yaml", std::ios::binary) << text;
  return load_slurm(folder / "slurm.yaml");
}

/// What loading these lines after the version ends with.
std::string problem(const std::string& lines) {
  try {
    load("schema_version: 1\n" + lines);
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(LoadSlurm, TheShippedFileLoads) {
  const SlurmOptions options = load_slurm(std::filesystem::path(test::kSourceDir) / "configs" / "slurm.yaml");
  EXPECT_EQ(options.time, "4:00:00");
  EXPECT_EQ(options.cpus_per_task, 8);
}

TEST(LoadSlurm, TheSmallestFileGetsTheDefaultsOfTheStruct) {
  const SlurmOptions options = load("schema_version: 1\n");
  const SlurmOptions defaults;
  EXPECT_EQ(options.partition, "");
  EXPECT_EQ(options.time, "");
  EXPECT_EQ(options.max_array_size, defaults.max_array_size);
  EXPECT_EQ(options.max_requeues, defaults.max_requeues);
  EXPECT_EQ(options.signal_seconds_before_end, defaults.signal_seconds_before_end);
}

TEST(LoadSlurm, EveryKeyReachesItsField) {
  const SlurmOptions options = load(
      "schema_version: 1\npartition: gpu\naccount: lab\nqos: long\nconstraint: a100|h100\ntime: 1-12:00:00\n"
      "memory: 16G\ncpus_per_task: 4\ngpus_per_task: 1\nmax_running: 7\nmax_array_size: 10\nmax_requeues: 0\n"
      "signal_seconds_before_end: 60\noptions: [--exclude=node7, \"--comment='a b'\"]\n"
      "setup:\n  - module load cuda\n  - |\n    export A='1'\n    export B=2\n");
  EXPECT_EQ(options.partition, "gpu");
  EXPECT_EQ(options.account, "lab");
  EXPECT_EQ(options.qos, "long");
  EXPECT_EQ(options.constraint, "a100|h100");
  EXPECT_EQ(options.time, "1-12:00:00");
  EXPECT_EQ(options.memory, "16G");
  EXPECT_EQ(options.cpus_per_task, 4);
  EXPECT_EQ(options.gpus_per_task, 1);
  EXPECT_EQ(options.max_running, 7);
  EXPECT_EQ(options.max_array_size, 10);
  EXPECT_EQ(options.max_requeues, 0);
  EXPECT_EQ(options.signal_seconds_before_end, 60);
  EXPECT_THAT(options.options, ElementsAre("--exclude=node7", "--comment='a b'"));
  EXPECT_THAT(options.setup, ElementsAre("module load cuda", "export A='1'\nexport B=2"));
}

TEST(LoadSlurm, EveryErrorIsToldAtOnceWithItsPlace) {
  const std::string told = problem("partiton: gpu\ncpus_per_task: 0\nmemory: much\n");
  EXPECT_THAT(told, HasSubstr("3 errors"));
  EXPECT_THAT(told, HasSubstr("slurm.yaml:2:1: unknown key 'partiton'; did you mean 'partition'?"));
  EXPECT_THAT(told, HasSubstr("slurm.yaml:3:16: '0' is not a whole number from 1 to 4096"));
  EXPECT_THAT(told, HasSubstr("slurm.yaml:4:9: 'much' is no size"));
}

TEST(LoadSlurm, WhatSlurmWouldRefuseOrMisreadIsRefused) {
  EXPECT_THAT(problem("partition: a b\n"), HasSubstr("must be one word"));
  EXPECT_THAT(problem("partition: ''\n"), HasSubstr("a text must stand here"));
  EXPECT_THAT(problem("account:\n"), HasSubstr("a text must stand here"));
  EXPECT_THAT(problem("time: 4h\n"), HasSubstr("'4h' is no time limit"));
  EXPECT_THAT(problem("time: 2\n"), HasSubstr("the time of a task is only 120 seconds"));
  EXPECT_THAT(problem("time: 2\nsignal_seconds_before_end: 200\n"), HasSubstr("slurm.yaml:3:28: "));
  EXPECT_THAT(problem("memory: 0\n"), HasSubstr("is no size"));
  EXPECT_THAT(problem("options: --exclude=a\n"), HasSubstr("must be a list"));
  EXPECT_THAT(problem("options: [exclude=a]\n"), HasSubstr("is no option"));
  EXPECT_THAT(problem("options: [--array=0-3]\n"), HasSubstr("sweep submit sets it"));
  EXPECT_THAT(problem("options: [\"--comment=a\\nb\"]\n"), HasSubstr("must be one line"));
  EXPECT_THAT(problem("setup: [[a]]\n"), HasSubstr("a text must stand here"));
  EXPECT_THAT(problem("setup: [\"a\\0b\"]\n"), HasSubstr("zero byte"));
  EXPECT_THAT(problem("max_array_size: many\n"), HasSubstr("is not a whole number"));
}

TEST(LoadSlurm, AFileOfAnotherKindIsRefused) {
  EXPECT_THROW(load(""), ConfigError);
  EXPECT_THROW(load("- a\n"), ConfigError);
  EXPECT_THROW(load("partition: a\n"), ConfigError) << "without a version";
  EXPECT_THROW(load("schema_version: 2\n"), ConfigError);
  EXPECT_THROW(load("schema_version: 1\nqos: &a b\n"), ConfigError);
  EXPECT_THROW(load(std::string(2 << 20, ' ')), ConfigError);
  EXPECT_THROW(load_slurm("no/such/file.yaml"), MissingError);
}

TEST(SlurmSeconds, ReadsEveryFormThatSbatchTakes) {
  using config::slurm_seconds;
  EXPECT_EQ(slurm_seconds("90"), 5400);
  EXPECT_EQ(slurm_seconds("2:30"), 150);
  EXPECT_EQ(slurm_seconds("4:00:00"), 14'400);
  EXPECT_EQ(slurm_seconds("2-0"), 172'800);
  EXPECT_EQ(slurm_seconds("1-12:30"), 131'400);
  EXPECT_EQ(slurm_seconds("1-12:30:05"), 131'405);
  for (const char* wrong : {"", "0", "0:00", "4h", "1:2:3:4", "-5", "1-", "1.5", "99999999999"}) {
    EXPECT_FALSE(slurm_seconds(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace mirrortune
