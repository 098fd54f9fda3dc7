#include "fetch/detail/transfer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "fetch/detail/curl_library.h"

namespace mirrortune::detail {
namespace {

constexpr long kOk = 200;
constexpr long kPartialContent = 206;
constexpr long kBeyondEnd = 416;

/// "Content-Range: bytes 5-9/10" → 5 and 10; "bytes */10" → 10 alone.
struct ContentRange {
  std::optional<std::uint64_t> start = {};
  std::uint64_t total_bytes = 0;  ///< 0: not said
};

ContentRange parse_content_range(std::string_view text) {
  ContentRange range;
  if (!text.starts_with("bytes ")) return range;
  text.remove_prefix(6);
  const std::size_t slash = text.find('/');
  const auto first = parse_integer(text.substr(0, std::min(text.find('-'), slash)));
  const auto total = slash == std::string_view::npos ? std::nullopt : parse_integer(text.substr(slash + 1));
  if (first && *first >= 0) range.start = static_cast<std::uint64_t>(*first);
  if (total && *total > 0) range.total_bytes = static_cast<std::uint64_t>(*total);
  return range;
}

/// Failures of a server that may pass: time-outs, too many requests, its own errors.
bool may_pass(long status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

/// One request with libcurl; its callbacks are the static functions.
class Exchange {
 public:
  Exchange(const FetchRequest& request, const FetchOptions& options, PartFile& part)
      : request_(request),
        options_(options),
        part_(part),
        curl_(CurlLibrary::get()),
        handle_(curl_.easy_init(), curl_.easy_cleanup),
        headers_(nullptr, curl_.slist_free_all) {
    MIRRORTUNE_CHECK(handle_ != nullptr);
    set_address();
    set_certificates();
    set_patience();
    set_range();
    set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_ERRORBUFFER, error_.data());
  }

  Outcome run() {
    const CURLcode code = curl_.easy_perform(handle_.get());
    if (failure_) std::rethrow_exception(failure_);
    if (stopped_) return outcome(Ending::stopped, "");
    if (too_big_) return outcome(Ending::too_big, "the server sends more than " + limit_text());
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && !begun_)) return judge_status();
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) {
      return outcome(Ending::forbidden, "the address leads to something that is not " + protocols());
    }
    if (code == CURLE_TOO_MANY_REDIRECTS) return too_many_redirects();
    const std::string words = error_[0] ? error_.data() : curl_.easy_strerror(code);
    const bool untrusted = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
    return outcome(untrusted ? Ending::forbidden : Ending::interrupted, words);
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    MIRRORTUNE_CHECK(curl_.easy_setopt(handle_.get(), option, value) == CURLE_OK);
  }

  /// From https there is no way back to http.
  std::string protocols() const { return request_.address.starts_with("https:") ? "https" : "http,https"; }

  void set_address() {
    set(CURLOPT_URL, request_.address.c_str());
    set(CURLOPT_USERAGENT, "mirrortune");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(options_.most_redirects));
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, protocols().c_str());
    set(CURLOPT_REDIR_PROTOCOLS_STR, protocols().c_str());
#else
    const long allowed = protocols() == "https" ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS;
    set(CURLOPT_PROTOCOLS, allowed);
    set(CURLOPT_REDIR_PROTOCOLS, allowed);
#endif
  }

  /// The certificates that are trusted: libcurl's own, or what the curl program would take from these
  /// variables.
  void set_certificates() {
    for (const char* variable : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
      const char* file = std::getenv(variable);
      if (!file || !*file) continue;
      set(CURLOPT_CAINFO, file);
      return;
    }
  }

  void set_patience() {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.slowest_bytes_per_second));
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_seconds));
  }

  void set_range() {
    if (part_.bytes() == 0) return;
    set(CURLOPT_RANGE, (std::to_string(part_.bytes()) + "-").c_str());
    if (part_.etag().empty()) return;
    headers_.reset(curl_.slist_append(nullptr, ("If-Range: " + part_.etag()).c_str()));
    MIRRORTUNE_CHECK(headers_ != nullptr);
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  long status() const {
    long status = 0;
    curl_.easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  Outcome outcome(Ending ending, std::string why) const {
    return {ending, std::move(why), total_bytes_, from_start_};
  }
  std::string limit_text() const { return std::to_string(request_.largest_bytes) + " bytes"; }
  Outcome too_many_redirects() const {
    return outcome(Ending::forbidden,
                   fmt::format("the server redirects more than {} times", options_.most_redirects));
  }

  /// What an answer that ended well, or whose body was not wanted, means.
  Outcome judge_status() {
    const long code = status();
    if (code == kOk && !begun_) begin(code);  // an empty file has no body to begin with
    if (code == kBeyondEnd) {
      total_bytes_ = range_.total_bytes;
      return outcome(Ending::beyond_end, "the server's file is shorter than the part that is there");
    }
    const std::string answer = fmt::format("the server answered {}", code);
    if (code >= 300 && code < 400) return too_many_redirects();
    if (code >= 400) return outcome(may_pass(code) ? Ending::interrupted : Ending::refused, answer);
    if (!begun_) return outcome(Ending::interrupted, answer + " without the part that was asked for");
    if (total_bytes_ != 0 && part_.bytes() < total_bytes_) {
      return outcome(Ending::interrupted, "the server ended before the file's end");
    }
    return outcome(Ending::complete, "");
  }

  /// Before the first byte of a body: where it belongs. False if it is not wanted.
  bool begin(long code) {
    if (code == kOk) {
      curl_off_t length = -1;
      curl_.easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
      total_bytes_ = length > 0 ? static_cast<std::uint64_t>(length) : 0;
      part_.restart(etag_);
      from_start_ = true;
    } else if (code == kPartialContent && range_.start == part_.bytes()) {
      total_bytes_ = range_.total_bytes;
    } else {
      return false;
    }
    begun_ = true;
    too_big_ = total_bytes_ > request_.largest_bytes;
    return !too_big_;
  }

  bool take(std::span<const std::byte> bytes) {
    if (!begun_ && !begin(status())) return false;
    if (part_.bytes() + bytes.size() > request_.largest_bytes) too_big_ = true;
    if (too_big_) return false;
    part_.append(bytes);
    return true;
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // a redirect's headers say nothing of the file
      etag_.clear();
      range_ = {};
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string value(trim(line.substr(colon + 1)));
    if (name == "etag" && value.starts_with('"')) etag_ = value;  // a weak one, W/"…", does not name bytes
    if (name == "content-range") range_ = parse_content_range(value);
  }

  static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    try {
      return exchange.take(std::as_bytes(std::span(bytes, count))) ? count : 0;
    } catch (...) {  // must not pass through libcurl
      exchange.failure_ = std::current_exception();
      return 0;
    }
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* self) {
    static_cast<Exchange*>(self)->take_header({bytes, count});
    return count;
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& exchange = *static_cast<Exchange*>(self);
    const FetchOptions& options = exchange.options_;
    exchange.stopped_ = options.stop && options.stop();
    if (options.progress) options.progress({exchange.part_.bytes(), exchange.total_bytes_});
    return exchange.stopped_ ? 1 : 0;
  }

  const FetchRequest& request_;
  const FetchOptions& options_;
  PartFile& part_;
  const CurlLibrary& curl_;
  std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> handle_;
  std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> headers_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::string etag_;
  ContentRange range_;
  std::uint64_t total_bytes_ = 0;
  bool begun_ = false;
  bool from_start_ = false;
  bool too_big_ = false;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

}  // namespace

Outcome transfer(const FetchRequest& request, const FetchOptions& options, PartFile& part) {
  return Exchange(request, options, part).run();
}

}  // namespace mirrortune::detail
