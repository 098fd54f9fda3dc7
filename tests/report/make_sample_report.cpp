// make_sample_report KIND FOLDER: a made run of some kind in FOLDER/run, and its report in FOLDER/run/report;
// or, there too, the page of an identification or on the theory. For the checks that need a browser or a
// renderer.
#include <iostream>

#include "report/identification.h"
#include "report/report.h"

#include "sample_run.h"
#include "theory_findings.h"

namespace fs = std::filesystem;
using namespace mirrortune;
using namespace mirrortune::test;

namespace {

constexpr const char* kHostile = "</script><img src=x onerror=alert(1)>\"'&${datum}";

/// A page on the theory, if the kind is one of them.
bool theorise_and_write(const std::string& kind, const fs::path& page) {
  if (kind == "robustness") {
    write_robustness(robustness_findings(), page);
  } else if (kind == "dynamics") {
    write_dynamics(integrate_dynamics({}), page);
  } else if (kind == "linreg") {
    write_linreg(linreg_findings(), page);
  } else if (kind == "spines") {
    write_spines(spine_findings(), page);
  } else {
    return false;
  }
  return true;
}

/// The page of an identification, if the kind is one of them.
bool identify_and_write(const std::string& kind, const fs::path& run, const fs::path& page) {
  if (kind == "synapses") {
    write_identification(synapses_findings({.n = 1500, .potential = "2-norm", .drift = 0.1, .seed = 1}),
                         page);
  } else if (kind == "hostile_synapses") {
    TableFindings findings = synapses_findings({.n = 40});
    findings.table = findings.sessions.before = findings.sessions.after = kHostile;
    write_identification(findings, page);
  } else if (kind == "network") {
    write_identification(network_findings(run), page);
  } else {
    return false;
  }
  return true;
}

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
    const fs::path page = run / "report" / "index.html";
    if (identify_and_write(argv[1], run, page) || theorise_and_write(argv[1], page)) return 0;
    make(argv[1], run);
    write_report({run}, page);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
