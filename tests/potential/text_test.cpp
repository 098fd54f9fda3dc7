#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "potential/potential.h"

namespace mirrortune {
namespace {

TEST(PotentialText, HasOneCanonicalForm) {
  EXPECT_EQ(to_text(parse_potential("2.0-norm")), "2-norm");
  EXPECT_EQ(to_text(parse_potential("1.50-norm")), "1.5-norm");
  EXPECT_EQ(to_text(parse_potential("3e0-norm")), "3-norm");
  EXPECT_EQ(to_text(parse_potential("1.01-norm")), "1.01-norm");
  EXPECT_EQ(to_text(parse_potential("negative_entropy")), "negative_entropy");
}

TEST(PotentialText, CanonicalFormReadsBackAsTheSamePotential) {
  for (const double p : {1.0000000000000002, 1.1, 4.0 / 3.0, 2.0, 10.0, 1e300}) {
    EXPECT_EQ(std::get<PNorm>(parse_potential(to_text(PNorm{p}))).p, p);
  }
}

TEST(PotentialText, RefusesWhatIsNoPotentialWithASentence) {
  for (const char* text : {"", "adam", "norm", "-norm", "two-norm", "2", "2norm", "2-norm ", " 2-norm",
                           "2,5-norm", "2-Norm", "Negative_Entropy", "+2-norm", "2x-norm"}) {
    EXPECT_THAT([&] { parse_potential(text); },
                testing::ThrowsMessage<std::invalid_argument>(
                    testing::AllOf(testing::HasSubstr("unknown potential '" + std::string(text) + "'"),
                                   testing::HasSubstr("2-norm"))))
        << text;
  }
  for (const char* text : {"1-norm", "0.5-norm", "-3-norm", "inf-norm", "nan-norm"}) {
    EXPECT_THAT([&] { parse_potential(text); }, testing::ThrowsMessage<std::invalid_argument>(
                                                    testing::HasSubstr("p must be a finite number above 1")))
        << text;
  }
}

}  // namespace
}  // namespace mirrortune
