#include <string>

#include <gmock/gmock.h>

#include "world.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(LightProgram, LinksNeitherLibTorchNorOpenCv) {
  const std::string bytes = [] {
    World world;
    fs::copy_file(program(), world / "program");
    return world.read("program");
  }();
  EXPECT_THAT(bytes.substr(0, 4),
              "\x7F"
              "ELF");
  for (const char* library : {"libtorch", "libc10", "libopencv_"}) {
    EXPECT_EQ(bytes.find(std::string(library) + ".so"), std::string::npos) << library;
    EXPECT_EQ(bytes.find(std::string(library) + "_cpu.so"), std::string::npos) << library;
    EXPECT_EQ(bytes.find(std::string(library) + "core.so"), std::string::npos) << library;
  }
}

TEST(Help, BeginsWithExamplesForEveryCommand) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"run"},
                                                          {"analyze"},
                                                          {"identify"},
                                                          {"plan"},
                                                          {"simulate"},
                                                          {"theory"},
                                                          {"theory", "dynamics"},
                                                          {"theory", "linreg"},
                                                          {"theory", "robustness"},
                                                          {"theory", "spines"},
                                                          {"report"},
                                                          {"runs"},
                                                          {"runs", "ls"},
                                                          {"runs", "show"},
                                                          {"runs", "diff"},
                                                          {"runs", "rm"},
                                                          {"models"},
                                                          {"models", "forward"},
                                                          {"evaluate"},
                                                          {"weights", "inspect"},
                                                          {"data", "pack"},
                                                          {"replay"},
                                                          {"config", "show"},
                                                          {"config", "init"},
                                                          {"config", "schema"},
                                                          {"completion"},
                                                          {"completion", "bash"},
                                                          {"env"},
                                                          {"exit-codes"}};
  for (auto command : commands) {
    command.push_back("--help");
    const Ended ended = run(command);
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, testing::StartsWith("Examples:\n  mirrortune "))
        << testing::PrintToString(command);
    EXPECT_EQ(ended.err, "");
  }
}

TEST(GlobalOptions, StandBeforeOrAfterTheCommand) {
  EXPECT_EQ(run({"--json", "models", "ls"}).out, run({"models", "ls", "--json"}).out);
  EXPECT_EQ(run({"models", "--json", "ls"}).out, run({"models", "ls", "--json"}).out);
}

TEST(Version, IsOneLine) {
  EXPECT_THAT(run({"--version"}).out, testing::MatchesRegex("mirrortune [0-9.]+\n"));
}

TEST(Errors, AreColouredOnlyWhenAsked) {
  EXPECT_THAT(run({"run"}).err, testing::StartsWith("mirrortune: error: wrong command line: "));
  EXPECT_THAT(run({"models", "show", "x", "--color", "always"}).err, HasSubstr("\x1b[1;31merror:\x1b[0m "));
  EXPECT_THAT(run({"models", "show", "x", "--color", "never"}).err, Not(HasSubstr("\x1b")));
}

TEST(Errors, ShowControlCharactersInsteadOfObeyingThem) {
  EXPECT_THAT(run({"weights", "inspect", "\x1b[31m\n.pth"}).err, HasSubstr("\\x1b[31m"));
}

TEST(Output, ThatCannotBeWrittenIsAnError) {
  World world;
  const std::string command = program().string() + " exit-codes > /dev/full";
  EXPECT_EQ(WEXITSTATUS(std::system((command + " 2>/dev/null").c_str())), 74);
}

TEST(Documents, ExitCodes) {
  const Json told = succeed({.arguments = {"exit-codes", "--json"}});
  EXPECT_EQ(told["exit_codes"].size(), 18u);
  EXPECT_THAT(keys(told["exit_codes"][0]), ElementsAre("code", "meaning"));
}

TEST(Documents, Env) {
  const Json told = succeed({.arguments = {"env", "--json", "--threads", "1"}});
  EXPECT_THAT(keys(told["versions"]), ElementsAre("mirrortune", "libtorch", "compiler"));
  EXPECT_EQ(told["threads"], 1);
}

TEST(Documents, ConfigCheckAndShow) {
  const World world;
  const Json checked = succeed(world.command({"config", "check", "exp.yaml", "--json"}));
  EXPECT_EQ(checked["trials"], 4);
  EXPECT_EQ(checked["cells"][1], "shufflenet_v2_x0_5__2-norm");
  const Json shown =
      succeed(world.command({"config", "show", "exp.yaml", "-s", "train.epochs=77", "--json"}));
  EXPECT_THAT(shown["yaml"].get<std::string>(), HasSubstr("  epochs: 77"));
  EXPECT_EQ(run(world.command({"config", "show", "exp.yaml", "-s", "train.epochs=77"})).out, shown["yaml"]);
}

TEST(Documents, ModelsShow) {
  const Json told = succeed({.arguments = {"models", "show", "shufflenet_v2_x0_5", "--json"}});
  EXPECT_THAT(keys(told), ElementsAre("schema", "command", "model", "parameters", "weights_conv_linear",
                                      "images_sqrt", "head", "resolution", "multiply_adds", "layers"));
  EXPECT_EQ(told["weights_conv_linear"], 1'357'840);
  EXPECT_EQ(told["images_sqrt"], 1165);
  EXPECT_EQ(told["head"], "fc");
  EXPECT_THAT(keys(told["layers"][0]), ElementsAre("name", "kind", "shape", "multiply_adds"));
  std::int64_t sum = 0;
  for (const auto& layer : told["layers"]) sum += layer["multiply_adds"].get<std::int64_t>();
  EXPECT_EQ(told["multiply_adds"], sum);
  const Json small =
      succeed({.arguments = {"models", "show", "shufflenet_v2_x0_5", "--resolution", "64", "--json"}});
  EXPECT_LT(small["multiply_adds"], sum / 8);
}

TEST(Documents, ModelsShowOfANetworkWithoutAHead) {
  const Json told = succeed({.arguments = {"models", "show", "simsiam_resnet50", "--json"}});
  EXPECT_EQ(told["weights_conv_linear"], 38'134'976);
  EXPECT_EQ(told["images_sqrt"], 6175);
  EXPECT_EQ(told["head"], "");
}

TEST(Documents, ModelsCheckTellsWhatFitsAndWhatDoesNot) {
  World world;
  write_state(world / "good.safetensors");
  const Json good = succeed(
      world.command({"models", "check", "shufflenet_v2_x0_5", "--weights", "good.safetensors", "--json"}));
  EXPECT_THAT(keys(good), ElementsAre("schema", "command", "loaded", "entries", "missing", "unexpected",
                                      "mismatched", "section", "prefix", "fingerprint"));
  EXPECT_EQ(good["loaded"], good["entries"]);
  EXPECT_THAT(keys(good["fingerprint"]), ElementsAre("norm", "first8"));
  EXPECT_TRUE(good["missing"].empty() && good["unexpected"].empty() && good["mismatched"].empty());

  write_state(world / "bad.safetensors",
              {.reshaped = "conv1.0.weight", .left_out = "fc.bias", .added = "extra"});
  const Ended ended =
      run(world.command({"models", "check", "shufflenet_v2_x0_5", "--weights", "bad.safetensors", "--json"}));
  EXPECT_EQ(ended.code, 65);
  const Json bad = document(ended);
  EXPECT_THAT(bad["missing"], ElementsAre("fc.bias"));
  EXPECT_THAT(bad["unexpected"], ElementsAre("extra"));
  EXPECT_EQ(bad["mismatched"].size(), 1u);
  EXPECT_TRUE(bad["fingerprint"].is_null());
}

TEST(Documents, WeightsInspectTellsWhereInACheckpointTheTensorsStand) {
  const std::string file = fixture("weights/checkpoint.pth").string();
  const Json told = succeed({.arguments = {"weights", "inspect", file, "--json"}});
  EXPECT_EQ(told["section"], "state_dict");
  EXPECT_EQ(told["prefix"], "module.");
  EXPECT_THAT(run({"weights", "inspect", file}).out,
              HasSubstr("under 'state_dict' of a checkpoint, without the names' prefix 'module.'"));
}

TEST(ModelsCheck, PrintsHowManyOfTheNetworksTensorsWereLoaded) {
  World world;
  write_state(world / "w.safetensors", {.left_out = "conv1.1.num_batches_tracked", .added = "extra"});
  const Ended ended =
      run(world.command({"models", "check", "shufflenet_v2_x0_5", "--weights", "w.safetensors"}));
  EXPECT_EQ(ended.code, 65);
  EXPECT_THAT(ended.out, testing::ContainsRegex("loaded +337 of 338\n"));
  EXPECT_THAT(ended.out, testing::ContainsRegex("unexpected +1\n"));
  EXPECT_THAT(ended.out, testing::ContainsRegex("batch counters that start at 0 +1\n"));
  EXPECT_THAT(ended.out, HasSubstr("\nunexpected: extra\n"));
}

TEST(Documents, WeightsInspectAndConvert) {
  World world;
  write_vectors(world / "w.safetensors", {{"a", {1, -2, 3}}, {"b", {0.5F}}});
  const Json plain = succeed(world.command({"weights", "inspect", "w.safetensors", "--json"}));
  EXPECT_EQ(plain["format"], "safetensors");
  EXPECT_THAT(keys(plain["tensors"][0]), ElementsAre("name", "dtype", "shape"));
  const Json values = succeed(world.command({"weights", "inspect", "w.safetensors", "--values", "--json"}));
  EXPECT_THAT(keys(values["tensors"][0]),
              ElementsAre("name", "dtype", "shape", "sha256", "min", "max", "nonfinite"));
  EXPECT_EQ(values["tensors"][0]["min"], -2);
  EXPECT_EQ(values["tensors"][0]["dtype"], "float32");
  succeed(world.command({"weights", "convert", "w.safetensors", "copy.safetensors", "--json"}));
  EXPECT_EQ(read_vector(world / "copy.safetensors", "a"), (std::vector<float>{1, -2, 3}));
}

TEST(Replay, AppliesTheGradientsAndCountsWhatHappened) {
  World world;
  write_vectors(world / "w.safetensors", {{"a", {1, -1, 0.5F}}, {"b", {2}}});
  write_vectors(world / "g.safetensors",
                {{"a.0", {1, 1, 0}}, {"a.1", {3, 0, 5}}, {"b.0", {0}}, {"b.1", {4}}});
  const Json told =
      succeed(world.command({"replay", "--weights", "w.safetensors", "--grads", "g.safetensors",
                             "--potential", "2-norm", "--lr", "0.5", "-o", "y.safetensors", "--json"}));
  EXPECT_THAT(keys(told),
              ElementsAre("schema", "command", "steps", "tensors", "zeros", "sign_flips", "clamped"));
  // w − 0.5·(g0 + g1): a = 1−2, −1−0.5, 0.5−2.5; b = 2−2.
  EXPECT_EQ(read_vector(world / "y.safetensors", "a"), (std::vector<float>{-1, -1.5F, -2}));
  EXPECT_EQ(read_vector(world / "y.safetensors", "b"), (std::vector<float>{0}));
  EXPECT_EQ(told["steps"], 2);
  EXPECT_EQ(told["tensors"], 2);
  EXPECT_EQ(told["zeros"], 1);
  EXPECT_EQ(told["sign_flips"], 2);
  EXPECT_EQ(told["clamped"], 0);
}

TEST(Replay, TakesAsManyStepsAsAsked) {
  World world;
  write_vectors(world / "w.safetensors", {{"a", {1}}});
  write_vectors(world / "g.safetensors", {{"a.0", {1}}, {"a.1", {10}}});
  succeed(world.command({"replay", "--weights", "w.safetensors", "--grads", "g.safetensors", "--potential",
                         "2-norm", "--lr", "0.5", "--steps", "1", "-o", "y.safetensors", "--json"}));
  EXPECT_EQ(read_vector(world / "y.safetensors", "a"), (std::vector<float>{0.5F}));
}

TEST(Documents, AnalyzePair) {
  World world;
  write_state(world / "a.safetensors");
  write_state(world / "b.safetensors", {.classes = 2, .shift = 0.01});
  const Json told =
      succeed(world.command({"analyze", "--pair", "a.safetensors", "b.safetensors", "--potentials",
                             "2-norm, negative_entropy", "--head-name", "fc", "--json"}));
  ASSERT_FALSE(told["rows"].empty());
  EXPECT_THAT(keys(told["rows"][0]), testing::IsSupersetOf({"model",          "potential",
                                                            "evaluated_with", "seed",
                                                            "layer",          "n",
                                                            "delta_cdf",      "w1",
                                                            "floor_ratio",    "magnitude",
                                                            "mean",           "sd",
                                                            "skew",           "excess_kurtosis",
                                                            "zeros",          "sign_flips",
                                                            "log_sd_w0",      "floor_pooled",
                                                            "p_value",        "ks",
                                                            "ks_error",       "anderson_darling",
                                                            "l_skewness",     "l_kurtosis",
                                                            "p_bootstrap",    "unchanged_share",
                                                            "mean_ulps",      "quantiles"}));
  EXPECT_EQ(told["normal_quantiles"].size(), told["rows"][0]["quantiles"].size());
  EXPECT_TRUE(told["rows"][0]["model"].is_null());
  EXPECT_TRUE(told.contains("notes"));
  const Json layers =
      succeed(world.command({"analyze", "--pair", "a.safetensors", "b.safetensors", "--potentials", "2-norm",
                             "--per-layer", "--layers", "conv*", "--json"}));
  std::size_t named = 0;
  for (const auto& row : layers["rows"]) named += row["layer"] == "conv1.0.weight" ? 1 : 0;
  EXPECT_EQ(named, 1u);
  const Json grouped =
      succeed(world.command({"analyze", "--pair", "a.safetensors", "b.safetensors", "--potentials", "2-norm",
                             "--group-by", "kind", "--bootstrap", "9", "--json"}));
  EXPECT_EQ(grouped["rows"][0]["layer"], "kind:conv");
  EXPECT_TRUE(grouped["rows"][0]["p_bootstrap"].is_number());
}

}  // namespace
}  // namespace mirrortune::test
