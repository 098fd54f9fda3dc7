#include "draw/detail/vega.h"

#include <csignal>
#include <string>
#include <string_view>

#include <jsc/jsc.h>
#include <sys/resource.h>

#include "base/error.h"
#include "report/vega_bundle.h"

#include "draw/detail/embedded.h"
#include "draw/detail/owned.h"
#include "draw/detail/text_width.h"

namespace mirrortune::draw {
namespace {

using Value = Owned<JSCValue>;
using Text = Owned<char, g_free>;

/// What browser.js asks for.
double width_callback(const char* font, const char* text, void* /*no data*/) {
  return text_width(font, text);
}

/// The engine reserves addresses far beyond what it uses, and ends the process where it does not get them: it
/// did with 4 GiB, and did not with 6.
void require_address_space() {
  constexpr rlim_t kNeeded = rlim_t(8) << 30;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= kNeeded) return;
  throw Error(ExitCode::memory, {.what = "out of memory",
                                 .why = "drawing figures takes 8 GiB of addresses, though little memory",
                                 .todo = "Raise the limit (ulimit -v)"});
}

/// The engine stops its own threads by SIGUSR1, and complains on stderr if somebody handles that.
JSCContext* new_context() {
  require_address_space();
  static const auto theirs = std::signal(SIGUSR1, SIG_DFL);
  static_cast<void>(theirs);
  return jsc_context_new();
}

/// JavaScript in which one figure is drawn.
class Context {
 public:
  Context() : context_(new_context()) {
    const Value width(jsc_value_new_function(context_.get(), "textWidth", G_CALLBACK(width_callback),
                                             /*user_data=*/nullptr, /*destroy_notify=*/nullptr, G_TYPE_DOUBLE,
                                             2, G_TYPE_STRING, G_TYPE_STRING));
    jsc_context_set_value(context_.get(), "textWidth", width.get());
    run(browser_script());
    run(report::vega_bundle());
  }

  /// The text that a function of browser.js leaves in `drawn.NAME`; empty if it leaves none.
  std::string drawn(const char* name) const {
    const Value all(jsc_context_get_value(context_.get(), "drawn"));
    const Value one(jsc_value_object_get_property(all.get(), name));
    if (!jsc_value_is_string(one.get())) return {};
    return Text(jsc_value_to_string(one.get())).get();
  }

  /// Calls `draw` of browser.js. Promises have been kept when it returns.
  void draw(const std::string& spec) {
    const Value function(jsc_context_get_value(context_.get(), "draw"));
    const Value result(jsc_value_function_call(function.get(), G_TYPE_STRING, spec.c_str(), G_TYPE_NONE));
    check();
  }

 private:
  void run(std::string_view script) {
    const Value result(
        jsc_context_evaluate(context_.get(), script.data(), static_cast<gssize>(script.size())));
    check();
  }

  void check() const {
    JSCException* const exception = jsc_context_get_exception(context_.get());
    if (!exception) return;
    throw Error(ExitCode::internal, {.what = "internal error while drawing",
                                     .why = Text(jsc_exception_report(exception)).get(),
                                     .todo = "This is a bug of mirrortune: please report it"});
  }

  Owned<JSCContext> context_;
};

}  // namespace

std::string svg_of(const Json& spec, const std::string& name) {
  Context context;  // Vega counts on in what it has drawn: a figure must not depend on those before it
  context.draw(spec.dump());
  std::string svg = context.drawn("svg");
  if (!svg.empty()) return svg;
  const std::string error = context.drawn("error");
  throw DataError({.what = "cannot draw the figure",
                   .where = name,
                   .why = error.empty() ? "Vega waits for something that only a browser has" : error});
}

}  // namespace mirrortune::draw
