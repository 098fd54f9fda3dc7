#include "fetch/detail/curl_library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace mirrortune::detail {
namespace {

constexpr const char* kFile = "libcurl.so.4";  ///< its name since 2006

[[noreturn]] void throw_not_loaded() {
  const char* why = ::dlerror();
  throw Error(
      ExitCode::device,
      {.what = "cannot download",
       .why = std::string("libcurl cannot be loaded (") + (why ? why : "no reason given") + ")",
       .todo = "Install it (Debian and Ubuntu: apt-get install libcurl4), or use --offline, which prints "
               "the command for another program"});
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (!function) throw_not_loaded();
}

CurlLibrary load() {
  void* library = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (!library) throw_not_loaded();
  CurlLibrary curl;
  find(library, "curl_global_init", curl.global_init);
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_perform", curl.easy_perform);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  MIRRORTUNE_CHECK(curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace mirrortune::detail
