#pragma once

#include <curl/curl.h>

namespace mirrortune::detail {

/// libcurl's functions, loaded when they are first needed so that programs that link this folder start as
/// fast as without it. The names are libcurl's.
struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

  /// The library, loaded once and kept. Throws Error with ExitCode::device if it is not installed.
  static const CurlLibrary& get();
};

}  // namespace mirrortune::detail
