#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "base/error.h"
#include "cli/arguments.h"
#include "cli/globals.h"

namespace mirrortune::cli {

/// Draws the figures of these specifications and returns the files.
using DrawFigures =
    std::function<std::vector<std::filesystem::path>(const std::vector<std::filesystem::path>& specs)>;

/// `report`: writes the page, has its figures drawn if it is told by what, and tells what was written.
ExitCode make_report(const Globals& globals, const ReportArguments& arguments, const DrawFigures& draw = {});

}  // namespace mirrortune::cli
