// A run that is not whole yet, or never will be, still gives a page that says what is missing.
#include <gmock/gmock.h>

#include "base/csv.h"
#include "base/error.h"
#include "report/report.h"
#include "support/paths.h"

#include "sample_run.h"

namespace mirrortune {
namespace {

namespace fs = std::filesystem;
using test::MadeRun;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MissingParts : public ::testing::Test {
 protected:
  MissingParts() { test::make_analysed_run(run_); }
  std::string page() const {
    write_report({run_}, run_ / "report" / "index.html");
    return read_text_file(run_ / "report" / "index.html");
  }
  template <class Kind>
  std::string refusal(const fs::path& run) const {
    try {
      write_report({run}, folder_ / "out" / "index.html");
    } catch (const Kind& error) {
      return error.what();
    }
    return "no such error";
  }

  TemporaryFolder folder_;
  fs::path run_ = folder_ / "run";
  std::string cell_ = MadeRun{}.model + "__";
};

TEST_F(MissingParts, ARunWithFixedRatesHadNoSearch) {
  for (const char* potential : {"negative_entropy", "2-norm", "3-norm"}) {
    fs::remove(run_ / "cells" / (cell_ + potential) / "lr_search.csv");
  }
  EXPECT_THAT(page(), AllOf(HasSubstr("There was no search: the learning rates were fixed"),
                            Not(HasSubstr("data-figure=\"search\""))));
}

TEST_F(MissingParts, ARunWithoutAnalysisShowsItsTraining) {
  fs::remove_all(run_ / "analysis");
  EXPECT_THAT(
      page(),
      AllOf(HasSubstr("have not been analysed yet"), HasSubstr("There is no analysis of this run yet."),
            HasSubstr("data-figure=\"loss\""), Not(HasSubstr("data-figure=\"delta_cdf_own\""))));
}

TEST_F(MissingParts, ATrialThatDivergedIsNamedAndLeftOutOfThePictures) {
  test::let_diverge(run_, cell_ + "3-norm", 2);
  EXPECT_THAT(page(),
              AllOf(HasSubstr("9 trials: 8 reached the target accuracy or had none to reach and 1 diverged."),
                    HasSubstr("it has no analysed change: shufflenet_v2_x0_5, 3-norm, seed 2 (diverged).")));
}

TEST_F(MissingParts, TrainingsOfTheSearchThatDivergedAreCounted) {
  EXPECT_THAT(page(), HasSubstr("3 trainings diverged: a filled triangle"));
}

TEST_F(MissingParts, ARateAtTheEdgeOfTheSearchIsPointedOut) {
  EXPECT_THAT(page(), Not(HasSubstr("At the edge of the rates searched")));
  test::replace_cells(run_ / "cells" / (cell_ + "2-norm") / "lr_search.csv", "lr", "0.01", "10");
  EXPECT_THAT(page(), HasSubstr("At the edge of the rates searched, so that a better rate may lie outside: "
                                "2-norm in shufflenet_v2_x0_5 (smallest rate, 0.1)"));
}

TEST_F(MissingParts, WithoutHeldOutImagesTheColumnsAreGoneAndAWordSaysWhy) {
  for (const char* potential : {"negative_entropy", "2-norm", "3-norm"}) {
    for (int seed = 0; seed < 3; ++seed) {
      const fs::path trial = run_ / "cells" / (cell_ + potential) / test::seed_folder(seed) / "trial.json";
      test::replace_key(trial, "holdout_accuracy", nullptr);
      test::replace_key(trial, "pretrained_holdout_accuracy", nullptr);
    }
  }
  EXPECT_THAT(page(),
              AllOf(HasSubstr("No images were held out in this run"), Not(HasSubstr("held out after"))));
}

TEST_F(MissingParts, AnEncodersRunHasNoPictureOfAccuracies) {
  for (const auto& entry : fs::recursive_directory_iterator(run_ / "cells")) {
    if (entry.path().filename() != "metrics.csv") continue;
    auto table = CsvTable::read(entry.path());
    CsvTable without(table.columns());
    for (auto row : table.rows()) {
      row[table.column("train_accuracy")].clear();
      without.add(row);
    }
    without.write(entry.path());
  }
  EXPECT_THAT(page(), AllOf(HasSubstr("Training loss"), Not(HasSubstr("Accuracy on the training images"))));
}

TEST_F(MissingParts, ATrialWithoutAFileIsTakenFromTheIndex) {
  fs::remove(run_ / "cells" / (cell_ + "2-norm") / "seed-01" / "trial.json");
  test::replace_cells(run_ / "index.csv", "state", "done", "pending");
  EXPECT_THAT(page(), HasSubstr("1 not started yet"));
}

TEST_F(MissingParts, WithoutAnIndexTheTrialsSpeakForThemselves) {
  fs::remove(run_ / "index.csv");
  EXPECT_THAT(page(), HasSubstr("9 trials: 9 reached the target"));
}

TEST_F(MissingParts, ConfigurationAndManifestMayBeGone) {
  fs::remove(run_ / "config.yaml");
  fs::remove(run_ / "manifest.json");
  EXPECT_THAT(page(), AllOf(HasSubstr("The run run has no config.yaml."),
                            HasSubstr("The run run has no manifest.json.")));
}

TEST_F(MissingParts, HistogramsAndLayersMayBeGone) {
  fs::remove(run_ / "analysis" / "histograms.csv");
  EXPECT_THAT(page(), HasSubstr("There are no histograms in this run’s analysis."));
}

TEST_F(MissingParts, TheEstimateOfTheGeometryMayBeGone) {
  EXPECT_THAT(page(), HasSubstr("λ of all layers"));
  fs::remove(run_ / "analysis" / "geometry.csv");
  EXPECT_THAT(page(), HasSubstr("does not estimate the geometry"));
}

TEST_F(MissingParts, ChangesThatAreNotFiniteGiveNoPictureOfThemselves) {
  const CsvTable table = CsvTable::read(run_ / "analysis" / "delta_cdf.csv");
  CsvTable changed(table.columns());
  for (auto row : table.rows()) {
    if (row[table.column("potential")] == "3-norm") row[table.column("delta_cdf")] = "";
    changed.add(row);
  }
  changed.write(run_ / "analysis" / "delta_cdf.csv");
  EXPECT_THAT(page(), AllOf(HasSubstr("For 3-norm there is no finite ΔCDF."),
                            HasSubstr("they have no analysed change")));
}

TEST_F(MissingParts, NoSuchFolderIsMissingInput) {
  EXPECT_THAT(refusal<MissingError>(folder_ / "nowhere"),
              AllOf(HasSubstr("nowhere"), HasSubstr("there is no such folder")));
}

TEST_F(MissingParts, AFolderThatIsNoRunIsRefused) {
  make_folder(folder_ / "holiday");
  EXPECT_THAT(refusal<DataError>(folder_ / "holiday"),
              AllOf(HasSubstr("holiday"), HasSubstr("it is no run directory")));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(MissingParts, ABrokenTableIsNamed) {
  write_file(run_ / "analysis" / "delta_cdf.csv", std::string_view("model,potential\na,b\n"));
  EXPECT_THAT(refusal<DataError>(run_), AllOf(HasSubstr("delta_cdf.csv"), HasSubstr("it has no column")));
}

TEST_F(MissingParts, ABrokenHistogramIsNamedWithItsLine) {
  const fs::path file = run_ / "analysis" / "histograms.csv";
  const std::string text = read_text_file(file);
  write_file(file, text.substr(0, text.find('\n') + 1) + "a,2-norm,2-norm,0,conv1.0,-8,-7.92,many,c\n");
  EXPECT_THAT(refusal<DataError>(run_),
              AllOf(HasSubstr("histograms.csv:2"), HasSubstr("does not fit the header")));
}

TEST_F(MissingParts, ABrokenTrialIsNamed) {
  write_file(run_ / "cells" / (cell_ + "2-norm") / "seed-01" / "trial.json", std::string_view("{\"seed\": "));
  EXPECT_THAT(refusal<DataError>(run_), HasSubstr("seed-01/trial.json"));
}

}  // namespace
}  // namespace mirrortune
