#include <algorithm>
#include <string>

#include <fcntl.h>
#include <sys/file.h>

#include "fetch_fixture.h"

namespace mirrortune::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST_F(Fetch, AWholeFileAppearsUnderItsName) {
  const FetchResult result = get("good");
  expect_whole();
  EXPECT_EQ(result.bytes, content_.size());
  EXPECT_EQ(result.sha256, sha256_hex(content_));
  EXPECT_EQ(result.resumed_from_bytes, 0u);
  EXPECT_THAT(server_.requests(), ElementsAre("/good/file.bin - -"));
}

TEST_F(Fetch, AFileThatIsThereIsReplacedOnlyByTheRightOne) {
  make_folder(target().parent_path());
  write_file(target(), std::string_view("old"));
  EXPECT_EQ(failure("wrong").first, ExitCode::data);
  EXPECT_EQ(read_text_file(target()), "old");
  get("good");
  expect_whole();
}

TEST_F(Fetch, ACutConnectionIsGoneOnWithWhereItWasCut) {
  get("cut");
  expect_whole();
  EXPECT_THAT(server_.requests(), ElementsAre("/cut/file.bin - -", "/cut/file.bin bytes=100000- \"one\"",
                                              "/cut/file.bin bytes=200000- \"one\""));
  EXPECT_THAT(notes_, SizeIs(2));
}

TEST_F(Fetch, ThePartOfAnEarlierProcessIsGoneOnWith) {
  leave_part(120'000, "\"one\"");
  const FetchResult result = get("good");
  expect_whole();
  EXPECT_EQ(result.resumed_from_bytes, 120'000u);
  EXPECT_THAT(server_.requests(), ElementsAre("/good/file.bin bytes=120000- \"one\""));
}

TEST_F(Fetch, WithoutAnETagTheHashDecidesWhetherAPartIsGoneOnWith) {
  get("cut-without-etag");
  expect_whole();
  fs::remove(target());
  FetchRequest unchecked = request("cut-without-etag");
  unchecked.sha256_prefixes.clear();
  leave_part(250'000, "");
  EXPECT_EQ(fetch(unchecked, options_).resumed_from_bytes, 0u) << "nobody knows what the part is of";
  expect_whole();
}

TEST_F(Fetch, AWeakETagIsNotTakenForAName) {
  get("cut-with-weak-etag");
  expect_whole();
  EXPECT_EQ(server_.requests()[1], "/cut-with-weak-etag/file.bin bytes=100000- -");
}

TEST_F(Fetch, APartThatIsTheWholeFileIsOnlyChecked) {
  leave_part(content_.size(), "\"one\"");
  get("good");
  expect_whole();
  EXPECT_THAT(server_.requests(), ElementsAre("/good/file.bin bytes=300000- \"one\""));
}

TEST_F(Fetch, APartThatIsTooLongIsDropped) {
  make_folder(part().parent_path());
  write_file(part(), std::string_view(content_ + "more"));
  get("good");
  expect_whole();
}

TEST_F(Fetch, AServerThatIgnoresRangesIsReadFromTheStart) {
  get("ignores-range");
  expect_whole();
  EXPECT_THAT(server_.requests(), SizeIs(2));
}

TEST_F(Fetch, ContentThatChangedMeanwhileIsReadFromTheStart) {
  get("changes");
  expect_whole();
  EXPECT_THAT(server_.requests(),
              ElementsAre("/changes/file.bin - -", "/changes/file.bin bytes=100000- \"zero\""));
}

TEST_F(Fetch, PiecesOfTwoContentsAreFetchedAnew) {
  get("changes-silently");
  expect_whole();
  EXPECT_THAT(server_.requests(), SizeIs(3));
  EXPECT_THAT(notes_.back(), HasSubstr("beginning anew"));
}

TEST_F(Fetch, APartThatWasNotAskedForIsNotTaken) {
  options_.tries = 2;
  const auto [code, sentence] = failure("wrong-part");
  EXPECT_EQ(code, ExitCode::write);
  EXPECT_EQ(fs::file_size(part()), 100'000u);
}

TEST_F(Fetch, WrongBytesAreRemovedAndBothHashesTold) {
  const auto [code, sentence] = failure("wrong");
  EXPECT_EQ(code, ExitCode::data);
  const std::string other = sha256_hex(std::string(content_.rbegin(), content_.rend()));
  EXPECT_THAT(sentence, AllOf(HasSubstr(other), HasSubstr(sha256_hex(content_).substr(0, 8))));
  expect_nothing_left();
}

TEST_F(Fetch, WithoutAKnownHashAnyContentIsTaken) {
  FetchRequest unchecked = request("wrong");
  unchecked.sha256_prefixes.clear();
  const FetchResult result = fetch(unchecked, options_);
  EXPECT_EQ(result.sha256, sha256_of_file(target()));
}

TEST_F(Fetch, OneOfSeveralHashesIsEnough) {
  FetchRequest asked = request("good");
  asked.sha256_prefixes.insert(asked.sha256_prefixes.begin(), "00000000");
  fetch(asked, options_);
  expect_whole();
}

TEST_F(Fetch, AMissingFileIsToldAtOnce) {
  for (const char* behaviour : {"missing", "endless-missing"}) {
    const auto [code, sentence] = failure(behaviour);
    EXPECT_EQ(code, ExitCode::missing);
    EXPECT_THAT(sentence, HasSubstr("the server answered 404"));
    expect_nothing_left();
  }
  EXPECT_THAT(server_.requests(), SizeIs(2));
}

TEST_F(Fetch, AMissingFileKeepsThePartOfAnEarlierProcess) {
  leave_part(1000, "\"one\"");
  EXPECT_EQ(failure("missing").first, ExitCode::missing);
  EXPECT_EQ(fs::file_size(part()), 1000u);
}

TEST_F(Fetch, AServersErrorIsTriedAgain) {
  get("busy-once");
  expect_whole();
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("the server answered 503")));
}

TEST_F(Fetch, AServersErrorThatStaysEndsAfterTheTries) {
  options_.tries = 3;
  const auto [code, sentence] = failure("broken");
  EXPECT_EQ(code, ExitCode::write);
  EXPECT_THAT(sentence,
              AllOf(HasSubstr("the server answered 500"), HasSubstr("Run the same command to go on")));
  EXPECT_THAT(server_.requests(), SizeIs(3));
  expect_nothing_left();
}

TEST_F(Fetch, TooManyCutsKeepThePart) {
  options_.tries = 4;
  const auto [code, sentence] = failure("cut-always");
  EXPECT_EQ(code, ExitCode::write);
  EXPECT_THAT(sentence, HasSubstr("40 bytes came and are kept"));
  EXPECT_EQ(fs::file_size(part()), 40u);
  EXPECT_EQ(read_text_file(part().string() + ".etag"), "\"one\"");
  get("good");
  expect_whole();
}

TEST_F(Fetch, AConnectionThatIsCutAtOnceIsANetworkFailure) {
  options_.tries = 2;
  EXPECT_EQ(failure("cut-at-once").first, ExitCode::write);
  FetchRequest nobody = request("good");
  nobody.address = "http://127.0.0.1:1/file.bin";
  EXPECT_EQ(failure(nobody).first, ExitCode::write);
}

TEST_F(Fetch, RedirectsAreFollowed) {
  get("redirect");
  expect_whole();
}

TEST_F(Fetch, RedirectsThatGoRoundAreLeft) {
  const auto [code, sentence] = failure("loop");
  EXPECT_EQ(code, ExitCode::data);
  EXPECT_THAT(sentence, HasSubstr("redirects more than 5 times"));
  EXPECT_THAT(server_.requests(), SizeIs(6));
}

TEST_F(Fetch, ARedirectToAFileOfThisMachineIsRefused) {
  FetchRequest anything = request("to-file");
  anything.sha256_prefixes.clear();
  anything.smallest_bytes = 0;
  const auto [code, sentence] = failure(anything);
  EXPECT_EQ(code, ExitCode::data);
  EXPECT_THAT(sentence, HasSubstr("not http"));
  expect_nothing_left();
}

TEST_F(Fetch, OtherProtocolsAreRefused) {
  for (const char* address : {"file:///etc/passwd", "ftp://127.0.0.1/a", "a.pth", "", "http://"}) {
    FetchRequest asked = request("good");
    asked.address = address;
    EXPECT_EQ(failure(asked).first, ExitCode::data) << address;
  }
  expect_nothing_left();
}

TEST_F(Fetch, ALengthThatPromisesMoreThanComesIsSettledByTheHash) {
  FetchRequest asked = request("promises-more");
  asked.largest_bytes += 1000;
  fetch(asked, options_);
  expect_whole();
}

TEST_F(Fetch, ALengthThatPromisesLessIsAWrongFile) {
  const auto [code, sentence] = failure("promises-less");
  EXPECT_EQ(code, ExitCode::data);
  EXPECT_THAT(sentence, HasSubstr("150000 bytes came, at least 300000 are right"));
  expect_nothing_left();
}

TEST_F(Fetch, ABodyWithoutEndIsCutAtTheLargestSize) {
  const auto [code, sentence] = failure("endless");
  EXPECT_EQ(code, ExitCode::data);
  EXPECT_THAT(sentence, HasSubstr("the server sends more than 300000 bytes"));
  expect_nothing_left();
}

TEST_F(Fetch, ALengthBeyondTheLargestSizeIsRefusedBeforeTheBody) {
  EXPECT_EQ(failure("huge").first, ExitCode::data);
  expect_nothing_left();
}

TEST_F(Fetch, AnEmptyFileIsAFile) {
  FetchRequest asked = request("empty");
  asked.sha256_prefixes = {sha256_hex("").substr(0, 8)};
  asked.smallest_bytes = 0;
  EXPECT_EQ(fetch(asked, options_).bytes, 0u);
  EXPECT_EQ(fs::file_size(target()), 0u);
}

TEST_F(Fetch, ATrickleIsCut) {
  options_.tries = 1;
  const auto [code, sentence] = failure("trickle");
  EXPECT_EQ(code, ExitCode::write);
  EXPECT_GT(fs::file_size(part()), 0u) << "what came is kept";
}

TEST_F(Fetch, ASilentServerIsCut) {
  options_.tries = 1;
  EXPECT_EQ(failure("silent").first, ExitCode::write);
}

TEST_F(Fetch, StoppingKeepsThePart) {
  std::uint64_t seen_bytes = 0;
  options_.progress = [&](const FetchProgress& progress) { seen_bytes = progress.done_bytes; };
  options_.stop = [&] { return seen_bytes > 2; };
  options_.stall_seconds = 20;
  const auto [code, sentence] = failure("trickle");
  EXPECT_EQ(code, ExitCode::stopped);
  EXPECT_THAT(sentence, HasSubstr("are kept. Run the same command to go on"));
  EXPECT_GE(fs::file_size(part()), 3u);
}

TEST_F(Fetch, StoppingEndsAWaitBetweenTries) {
  options_.first_wait = options_.longest_wait = 1h;
  options_.stop = [&] { return !notes_.empty(); };
  EXPECT_EQ(failure("broken").first, ExitCode::stopped);
}

TEST_F(Fetch, ProgressTellsTheWholeSizeAlsoAfterACut) {
  std::vector<std::uint64_t> totals;
  std::uint64_t done = 0;
  options_.progress = [&](const FetchProgress& progress) {
    if (progress.total_bytes != 0) totals.push_back(progress.total_bytes);
    EXPECT_GE(progress.done_bytes, done) << "it never goes back";
    done = progress.done_bytes;
  };
  get("cut");
  EXPECT_FALSE(totals.empty());
  EXPECT_TRUE(std::ranges::all_of(totals, [&](std::uint64_t total) { return total == content_.size(); }));
}

TEST_F(Fetch, TwoProcessesDoNotFetchOneFileTogether) {
  leave_part(1000, "\"one\"");
  const int descriptor = ::open(part().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  EXPECT_EQ(failure("good").first, ExitCode::busy);
  ::close(descriptor);
  get("good");
  expect_whole();
}

TEST_F(Fetch, AFolderThatCannotBeMadeIsToldBeforeAnythingIsAsked) {
  FetchRequest asked = request("good");
  write_file(folder_ / "file", std::string_view("x"));
  asked.target = folder_ / "file" / "below.bin";
  EXPECT_EQ(failure(asked).first, ExitCode::write);
  EXPECT_THAT(server_.requests(), testing::IsEmpty());
}

TEST_F(Fetch, ALinkInThePlaceOfThePartIsNotWrittenThrough) {
  make_folder(part().parent_path());
  write_file(folder_ / "victim", std::string_view("x"));
  fs::create_symlink(folder_ / "victim", part());
  EXPECT_EQ(failure("good").first, ExitCode::write);
  EXPECT_EQ(read_text_file(folder_ / "victim"), "x");
}

}  // namespace
}  // namespace mirrortune::test
