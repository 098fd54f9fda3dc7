// make_sample_report KIND FOLDER: a made run of some kind in FOLDER/run, and its report in FOLDER/run/report.
// For the checks that need a browser or a renderer.
#include <iostream>

#include "report/report.h"

#include "sample_run.h"

namespace fs = std::filesystem;
using namespace mirrortune;
using namespace mirrortune::test;

namespace {

constexpr const char* kHostile = "</script><img src=x onerror=alert(1)>\"'&${datum}";

void make(const std::string& kind, const fs::path& run) {
  const std::string cell = MadeRun{}.model + "__3-norm";
  if (kind == "whole") return make_analysed_run(run);
  if (kind == "hostile") {
    make_analysed_run(run);
    return rename_everywhere(run, kHostile, "3-norm", std::string("3") + kHostile);
  }
  if (kind == "partial") {
    make_analysed_run(run);
    let_diverge(run, cell, 2);
    replace_cells(run / "analysis" / "delta_cdf.csv", "layer", "median", "all_standardised");
    for (const auto& potential : MadeRun{}.potentials) {
      fs::remove(run / "cells" / (MadeRun{}.model + "__" + potential) / "lr_search.csv");
    }
    fs::remove(run / "analysis" / "histograms.csv");
    fs::remove(run / "config.yaml");
    return;
  }
  if (kind == "bare") return make_run(run, {.layers = {{"conv1.0.weight", {2, 3}}}});
  throw std::invalid_argument("unknown kind " + kind);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const fs::path run = fs::path(argv[2]) / "run";
    make(argv[1], run);
    write_report({run}, run / "report" / "index.html");
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
