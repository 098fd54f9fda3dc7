#include "cli/train/run_progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100 * *share) : std::string("–");
}

}  // namespace

void RunProgress::on_plan(std::span<const PlannedTrial> trials) {
  trials_ = trials.size();
  if (fresh_) return progress_.line(fmt::format("{} trials, from the start", trials_));
  finished_ = static_cast<std::size_t>(std::count_if(
      trials.begin(), trials.end(), [](const PlannedTrial& trial) { return is_finished(trial.state); }));
  progress_.line(fmt::format("{} trials, {} of them finished already", trials_, finished_));
}

void RunProgress::on_decode(std::int64_t images_done, std::int64_t images_total) {
  progress_.update(
      static_cast<double>(images_done) / static_cast<double>(std::max<std::int64_t>(images_total, 1)),
      [=] { return fmt::format("reading images: {} of {}", images_done, images_total); });
}

void RunProgress::on_training(const TrainingStart& training) {
  training_ = training.cell +
              (training.seed ? fmt::format(" seed {}", *training.seed) : std::string(" search")) + " lr " +
              format_number(training.lr);
  loss_ = std::nan("");
  started_ = Clock::now();
}

void RunProgress::on_step(const StepProgress& step) {
  const double done = static_cast<double>(step.images_done) /
                      static_cast<double>(std::max<std::int64_t>(step.images_total, 1));
  progress_.update(done, [&] {
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    const double rate = static_cast<double>(step.images_done) / seconds;
    const double left = static_cast<double>(step.images_total - step.images_done) / rate;
    return fmt::format("epoch {}/{}  {:.0f} images/s  loss {}  {} left  trial {}/{}  {}", step.epoch,
                       step.epochs, rate, short_number(loss_), duration_text(left), finished_ + 1, trials_,
                       training_);
  });
}

void RunProgress::on_epoch(const EpochMetrics& metrics) {
  loss_ = metrics.train_loss;
  if (!verbose_) return;
  progress_.line(fmt::format("{}  epoch {}  loss {}  accuracy {}", training_, metrics.epoch,
                             short_number(metrics.train_loss), percent(metrics.train_accuracy)));
}

void RunProgress::on_search(const std::string& cell, const SearchResult& result) {
  if (!result.winner) return progress_.line(cell + "  search: every learning rate diverged");
  const SearchWinner& winner = *result.winner;
  progress_.line(fmt::format("{}  search: lr {} with {} epochs, train accuracy {}", cell,
                             format_number(winner.lr), winner.epochs, percent(winner.train_accuracy)));
}

void RunProgress::on_trial(const TrialRow& trial) {
  ++finished_;
  progress_.line(fmt::format("{}  seed {}  {}  lr {}  train accuracy {}  {}", trial.cell, trial.seed,
                             to_text(trial.state), trial.lr ? format_number(*trial.lr) : "–",
                             percent(trial.train_accuracy), duration_text(trial.seconds)));
}

void RunProgress::on_note(const std::string& note) {
  notes_.push_back(note);
  progress_.line("note: " + note);
}

}  // namespace mirrortune::cli
