#include "report/detail/verdict.h"

#include <cmath>

#include <gmock/gmock.h>

namespace mirrortune::report {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

/// A run that is only what a verdict looks at: ΔCDF of pooled weights.
class VerdictTest : public ::testing::Test {
 protected:
  void add(const std::string& network, const std::string& potential, std::uint64_t seed,
           const std::string& evaluated, double delta_cdf) {
    Change change{};
    change.key = {network, potential, seed};
    change.evaluated_with = evaluated;
    change.layer = "all";
    change.delta_cdf = delta_cdf;
    change.floor_pooled = 0.03;
    data_.changes.push_back(change);
    const auto note = [](std::vector<std::string>& list, const std::string& name) {
      if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
    };
    note(data_.networks, network);
    note(data_.potentials, potential);
    note(data_.evaluated_with, evaluated);
    std::sort(data_.potentials.begin(), data_.potentials.end(), before);
    std::sort(data_.evaluated_with.begin(), data_.evaluated_with.end(), before);
  }
  void add_trial(const std::string& state, double train_accuracy) {
    Trial trial{};
    trial.key = {"net", "2-norm", data_.trials.size()};
    trial.state = state;
    trial.train_accuracy = train_accuracy;
    data_.trials.push_back(trial);
  }
  std::string words() const { return verdict_in_words(data_, judge(data_)); }

  RunData data_;
};

TEST_F(VerdictTest, NamesThePotentialsWhoseOwnGeometryIsClosest) {
  for (const char* own : {"negative_entropy", "2-norm"}) {
    for (const char* seen : {"negative_entropy", "2-norm"})
      add("net", own, 0, seen, std::string(own) == seen ? 0.08 : 0.4);
  }
  EXPECT_EQ(words(),
            "For negative entropy and 2-norm the change is closest to Gaussian under the very potential "
            "it was trained with.");
}

TEST_F(VerdictTest, SaysWhichOtherPotentialIsCloserAndByHowMuch) {
  add("net", "3-norm", 0, "2.5-norm", 0.046);
  add("net", "3-norm", 0, "3-norm", 0.089);
  EXPECT_EQ(words(),
            "For 3-norm the change is closest to Gaussian under 2.5-norm (ΔCDF 0.046, against 0.089 "
            "under its own).");
}

TEST_F(VerdictTest, ComparesMeansOverTheSeedsAndCountsTheSeedsThatAgree) {
  const double own[] = {0.1, 0.1, 0.3}, other[] = {0.2, 0.2, 0.2};
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    add("net", "2-norm", seed, "2-norm", own[seed]);
    add("net", "2-norm", seed, "3-norm", other[seed]);
  }
  const Verdict verdict = judge(data_).at(0);
  EXPECT_EQ(verdict.closest, "2-norm");
  EXPECT_NEAR(verdict.own.mean, 0.5 / 3, 1e-12);
  EXPECT_EQ(verdict.seeds, 3);
  EXPECT_EQ(verdict.seeds_agreeing, 2);
}

TEST_F(VerdictTest, LeavesOutWhatIsNotFinite) {
  add("net", "2-norm", 0, "2-norm", 0.1);
  add("net", "2-norm", 0, "3-norm", NAN);
  add("net", "3-norm", 0, "3-norm", NAN);
  EXPECT_THAT(words(),
              AllOf(HasSubstr("For 2-norm only 2-norm evaluated the change, so nothing can be compared."),
                    HasSubstr("For 3-norm there is no finite ΔCDF.")));
}

TEST_F(VerdictTest, SaysSoIfItsOwnPotentialDidNotEvaluateTheChange) {
  add("net", "1.7-norm", 0, "1.5-norm", 0.05);
  add("net", "1.7-norm", 0, "2-norm", 0.06);
  EXPECT_THAT(words(), AllOf(HasSubstr("closest to Gaussian under 1.5-norm"),
                             HasSubstr("its own potential was not among those that evaluated it")));
}

TEST_F(VerdictTest, CountsNetworksWhereThereAreSeveral) {
  for (const char* network : {"a", "b"}) {
    add(network, "2-norm", 0, "2-norm", 0.1);
    add(network, "2-norm", 0, "3-norm", 0.2);
    add(network, "3-norm", 0, "2-norm", std::string(network) == "a" ? 0.1 : 0.3);
    add(network, "3-norm", 0, "3-norm", 0.2);
  }
  EXPECT_EQ(words(),
            "For 2-norm in every network judged, and for 3-norm in 1 of 2 networks the change is closest "
            "to Gaussian under the very potential it was trained with. For 3-norm in a the change is "
            "closest to Gaussian under 2-norm (ΔCDF 0.100, against 0.200 under its own).");
}

TEST_F(VerdictTest, LooksAtThePooledWeightsOnly) {
  add("net", "2-norm", 0, "2-norm", 0.1);
  add("net", "2-norm", 0, "3-norm", 0.2);
  data_.changes[1].layer = "median";
  data_.changes[1].delta_cdf = 0.01;
  EXPECT_THAT(words(), HasSubstr("nothing can be compared"));
}

TEST_F(VerdictTest, SaysWhatIsMissingBeforeTheAnalysis) {
  EXPECT_EQ(words(), "No trial has been started yet, so there is nothing to show.");
  add_trial("done", 1);
  EXPECT_THAT(words(), HasSubstr("have not been analysed yet"));
}

TEST_F(VerdictTest, TellsWhatBecameOfTheTrials) {
  add_trial("done", 1);
  add_trial("below_target", 0.89);
  add_trial("diverged", NAN);
  add_trial("pending", NAN);
  add_trial("<odd>", NAN);
  EXPECT_THAT(trials_in_words(data_),
              AllOf(HasSubstr("5 trials: "), HasSubstr("1 stayed below the target accuracy"),
                    HasSubstr("1 diverged"), HasSubstr("1 not started yet"), HasSubstr("1 in state “<odd>”"),
                    EndsWith("1 of 2 reached 100 % on the training images.")));
}

TEST_F(VerdictTest, SaysNothingOfAccuracyOfEncoders) {
  add_trial("done", NAN);
  EXPECT_EQ(trials_in_words(data_), "1 trial: 1 reached the target accuracy or had none to reach.");
}

TEST_F(VerdictTest, SaysNothingOfAccuracyIfNoTrialWasTrained) {
  add_trial("diverged", NAN);
  EXPECT_THAT(trials_in_words(data_), Not(HasSubstr("100 %")));
}

TEST(Before, PutsNegativeEntropyFirstThenThePNormsByP) {
  std::vector<std::string> names = {"burg", "10-norm", "2-norm", "negative_entropy", "1.5-norm"};
  std::sort(names.begin(), names.end(), before);
  EXPECT_THAT(names, ::testing::ElementsAre("negative_entropy", "1.5-norm", "2-norm", "10-norm", "burg"));
}

}  // namespace
}  // namespace mirrortune::report
