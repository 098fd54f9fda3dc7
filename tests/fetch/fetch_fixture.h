#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "fetch/fetch.h"

#include "http_server.h"

namespace mirrortune::test {

/// Fetches from a server of its own into a folder of its own, with little patience.
class Fetch : public testing::Test {
 protected:
  Fetch() {
    using namespace std::chrono_literals;
    options_.first_wait = 1ms;
    options_.longest_wait = 2ms;
    options_.connect_timeout = 2000ms;
    options_.stall_seconds = 1;
    options_.worthwhile_bytes = 50'000;
    options_.note = [this](const std::string& text) { notes_.push_back(text); };
  }

  /// A request for a behaviour of the server, for the right content.
  FetchRequest request(const std::string& behaviour) const {
    return {.address = server_.address(behaviour),
            .target = target(),
            .sha256_prefixes = {sha256_hex(content_).substr(0, 8)},
            .smallest_bytes = content_.size(),
            .largest_bytes = content_.size()};
  }
  std::filesystem::path target() const { return folder_ / "made/file.bin"; }
  std::filesystem::path part() const { return folder_ / "made/file.bin.part"; }

  FetchResult get(const std::string& behaviour) { return fetch(request(behaviour), options_); }

  /// The exit code and the sentence that a fetch ends with.
  std::pair<ExitCode, std::string> failure(const FetchRequest& asked) {
    try {
      fetch(asked, options_);
      return {ExitCode::ok, ""};
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
  }
  std::pair<ExitCode, std::string> failure(const std::string& behaviour) {
    return failure(request(behaviour));
  }

  void expect_nothing_left() const {
    EXPECT_FALSE(std::filesystem::exists(target()));
    EXPECT_FALSE(std::filesystem::exists(part()));
    EXPECT_FALSE(std::filesystem::exists(part().string() + ".etag"));
  }
  void expect_whole() const {
    EXPECT_TRUE(read_text_file(target()) == content_);
    EXPECT_FALSE(std::filesystem::exists(part()));
    EXPECT_FALSE(std::filesystem::exists(part().string() + ".etag"));
  }
  /// What an earlier process left.
  void leave_part(std::size_t bytes, const std::string& etag) const {
    make_folder(part().parent_path());
    write_file(part(), std::string_view(content_).substr(0, bytes));
    if (!etag.empty()) write_file(part().string() + ".etag", std::string_view(etag));
  }

  const std::string content_ = HttpServer::content();
  HttpServer server_;
  TemporaryFolder folder_;
  FetchOptions options_;
  std::vector<std::string> notes_;
};

}  // namespace mirrortune::test
