#include <cstdlib>

#include "fetch_fixture.h"

namespace mirrortune::test {
namespace {

using testing::HasSubstr;

/// The server speaks https.
class FetchHttps : public Fetch {
 protected:
  FetchHttps() { ::setenv("CURL_CA_BUNDLE", secure_.certificate().c_str(), 1); }
  ~FetchHttps() override { ::unsetenv("CURL_CA_BUNDLE"); }

  FetchRequest secure_request(const std::string& behaviour) const {
    FetchRequest asked = request(behaviour);
    asked.address = secure_.address(behaviour);
    return asked;
  }

  HttpServer secure_{Scheme::https};
};

TEST_F(FetchHttps, IsFetchedWithACertificateThatIsTrusted) {
  fetch(secure_request("good"), options_);
  expect_whole();
}

TEST_F(FetchHttps, IsNotFetchedWithACertificateThatNobodyTrusts) {
  ::unsetenv("CURL_CA_BUNDLE");
  const auto [code, sentence] = failure(secure_request("good"));
  EXPECT_EQ(code, ExitCode::data);
  EXPECT_THAT(sentence, HasSubstr("certificate"));
  EXPECT_THAT(secure_.requests(), testing::IsEmpty());
}

TEST_F(FetchHttps, ARedirectBackToHttpIsRefused) {
  const auto [code, sentence] = failure(secure_request("to-http"));
  EXPECT_EQ(code, ExitCode::data);
  EXPECT_THAT(sentence, HasSubstr("something that is not https"));
  expect_nothing_left();
}

}  // namespace
}  // namespace mirrortune::test
