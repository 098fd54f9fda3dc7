#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "potential/oracle.h"
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

TEST(PotentialText, HasItsParametersInOneOrderWithoutBlanks) {
  EXPECT_EQ(to_text(parse_potential("hypentropy( beta = 1.0e-2 )")), "hypentropy(beta=0.01)");
  EXPECT_EQ(to_text(parse_potential("smooth_power(beta=0.0010, lambda=0.50)")),
            "smooth_power(lambda=0.5,beta=0.001)");
  EXPECT_EQ(to_text(parse_potential("l2_plus_3norm(b=10,a=1)")), "l2_plus_3norm(a=1,b=10)");
  EXPECT_EQ(to_text(parse_potential("logistic(max=2.0)")), "logistic(max=2)");
  EXPECT_EQ(to_text(parse_potential("bounded(max=1.5)")), "bounded(max=1.5)");
  EXPECT_EQ(to_text(parse_potential("log_linear(delta=1e-2)")), "log_linear(delta=0.01)");
  EXPECT_EQ(to_text(parse_potential("burg")), "burg");
  EXPECT_EQ(std::get<SmoothPower>(parse_potential("smooth_power(beta=3,lambda=64)")).lambda, 64.0);
  EXPECT_EQ(std::get<SmoothPower>(parse_potential("smooth_power(beta=3,lambda=0)")).beta, 3.0);
}

TEST(PotentialText, OfEveryTestedPotentialIsCanonical) {
  for (const auto& text : test::all_potentials()) EXPECT_EQ(to_text(parse_potential(text)), text);
}

TEST(PotentialText, HasAFormForEveryAlternative) {
  const auto forms = potential_forms();
  // One line for all p-norms; a user's own potential has no text.
  EXPECT_EQ(forms.size(), std::variant_size_v<Potential> - 1);
  EXPECT_THAT(forms, testing::IsSupersetOf({"negative_entropy", "smooth_power(lambda=…,beta=…)", "burg"}));
  try {
    parse_potential("adam");
    FAIL();
  } catch (const std::invalid_argument& error) {
    for (const auto& form : forms) EXPECT_THAT(error.what(), testing::HasSubstr(form));
  }
}

struct Refused {
  const char* text;
  const char* because;
};

class RefusedPotential : public testing::TestWithParam<Refused> {};

TEST_P(RefusedPotential, SaysWhy) {
  EXPECT_THAT([] { parse_potential(GetParam().text); },
              testing::ThrowsMessage<std::invalid_argument>(testing::AllOf(
                  testing::HasSubstr(GetParam().because), testing::HasSubstr(GetParam().text))));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedPotential,
    testing::Values(
        Refused{"hypentropi(beta=1)", "did you mean 'hypentropy'?"},
        Refused{"logistics", "did you mean 'logistic'?"},
        Refused{"hypentropy", "beta is missing; the form is hypentropy(beta=…)"},
        Refused{"hypentropy()", "beta is missing"}, Refused{"l2_plus_3norm(a=1)", "b is missing"},
        Refused{"hypentropy(bet=1)", "there is no parameter 'bet'; the form is hypentropy(beta=…)"},
        Refused{"burg(x=2)", "there is no parameter 'x'; the form is burg"},
        Refused{"hypentropy(beta=1,beta=2)", "beta is given twice"},
        Refused{"hypentropy(beta=x)", "beta must be a finite number above 0 and is 'x', which is no number"},
        Refused{"hypentropy(beta=)", "is '', which is no number"}, Refused{"hypentropy(beta=1 2)", "'1 2'"},
        Refused{"hypentropy(beta=-1)", "beta must be a finite number above 0 and is -1"},
        Refused{"hypentropy(beta=0)", "and is 0"}, Refused{"hypentropy(beta=inf)", "and is inf"},
        Refused{"hypentropy(beta=nan)", "and is nan"}, Refused{"hypentropy(beta=1e999)", "1e999"},
        Refused{"smooth_power(lambda=64.5,beta=1)", "lambda must be a number from 0 to 64 and is 64.5"},
        Refused{"smooth_power(lambda=-0.5,beta=1)", "and is -0.5"},
        Refused{"hypentropy(1)", "parameters are written name=value"},
        Refused{"hypentropy(beta=1,)", "parameters are written name=value"},
        Refused{"hypentropy(beta=1", "the closing parenthesis is missing"},
        Refused{"hypentropy(beta=1) ", "the closing parenthesis is missing"},
        Refused{"logistic(max=0)", "max must be"}, Refused{"bounded(max=-2)", "max must be"},
        Refused{"log_linear(delta=0)", "delta must be"}, Refused{"l2_plus_3norm(a=0,b=1)", "a must be"},
        Refused{"l2_plus_3norm(a=1,b=-1)", "b must be"},
        Refused{"smooth_power(lambda=1,beta=0)", "beta must be"}));

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
