#include <exception>
#include <string>

#include <c10/util/Exception.h>

#include "base/error.h"
#include "cli/app.h"
#include "cli/train/actions.h"

namespace {

/// LibTorch's errors that are the machine's fault, as ours.
void translate(std::exception_ptr error) {
  using namespace mirrortune;
  try {
    std::rethrow_exception(error);
  } catch (const c10::Error& torch) {
    const std::string why = torch.what_without_backtrace();
    const bool memory = why.find("out of memory") != std::string::npos ||
                        why.find("can't allocate memory") != std::string::npos ||
                        why.find("not enough memory") != std::string::npos;
    if (memory) throw std::bad_alloc();
    throw Error(ExitCode::internal, {.what = "internal error in LibTorch",
                                     .why = why,
                                     .todo = "This is a bug of mirrortune: please report it"});
  } catch (...) {
    return;
  }
}

}  // namespace

// The training program: LibTorch and OpenCV are linked here. Started by mirrortune, never by hand.
int main(int argc, char** argv) {
  namespace cli = mirrortune::cli;
  const cli::Actions actions{.run = cli::run,
                             .sweep_submit = cli::sweep_submit,
                             .sweep_status = cli::sweep_status,
                             .sweep_collect = cli::sweep_collect,
                             .models_show = cli::models_show,
                             .models_check = cli::models_check,
                             .models_forward = cli::models_forward,
                             .evaluate = cli::evaluate,
                             .data_check = cli::data_check,
                             .data_pack = cli::data_pack,
                             .data_synth = cli::data_synth,
                             .replay = cli::replay,
                             .theory_linreg = cli::theory_linreg,
                             .env = cli::env,
                             .report_export = {}};  // the drawing program's
  return cli::run_program(argc, argv, actions, translate);
}
