#include "cli/train/run_progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/output.h"

namespace mirrortune::cli {
namespace {

/// `label` and the share in percent; nothing where there is none, as of an encoder.
std::string percent(const char* label, const std::optional<double>& share) {
  return share && !std::isnan(*share) ? fmt::format("{} {:.1f} %", label, 100 * *share) : std::string();
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
  const auto of = training.seed ? fmt::format(" seed {}", *training.seed) : std::string(" search");
  running_[{training.cell, training.seed}] = {
      .name = training.cell + of + " lr " + format_number(training.lr),
      .loss = std::nan(""),
      .started = Clock::now()};
}

void RunProgress::on_step(const TrainingStart& training, const StepProgress& step) {
  Running& running = running_.at({training.cell, training.seed});
  if (running.step.images_done == 0) running.images_before = step.images_done;
  running.step = step;
  progress_.update([&] { return lines(); });
}

std::vector<ProgressLine> RunProgress::lines() const {
  const auto count = fmt::format("trial {}/{}", std::min(finished_ + 1, trials_), trials_);
  if (running_.size() == 1) {
    auto line = running_.begin()->second.line();
    line.text = count + "  " + line.text;
    return {line};
  }
  std::vector<ProgressLine> lines = {{.text = fmt::format("{} of {} trials finished, {} trainings running",
                                                          finished_, trials_, running_.size())}};
  for (const auto& [key, running] : running_) lines.push_back(running.line());
  return lines;
}

ProgressLine RunProgress::Running::line() const {
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  const double rate = static_cast<double>(step.images_done - images_before) / seconds;
  const double left = static_cast<double>(step.images_total - step.images_done) / rate;
  const double total = static_cast<double>(std::max<std::int64_t>(step.images_total, 1));
  return {.done = static_cast<double>(step.images_done) / total,
          .text = fmt::format("epoch {}/{}  {} left  {:.0f} images/s  loss {}  {}", step.epoch, step.epochs,
                              duration_text(left), rate, short_number(loss), name)};
}

void RunProgress::on_epoch(const TrainingStart& training, const EpochMetrics& metrics) {
  Running& running = running_.at({training.cell, training.seed});
  running.loss = metrics.train_loss;
  if (!verbose_) return;
  progress_.line(fmt::format("{}  epoch {}  loss {}{}", running.name, metrics.epoch,
                             short_number(metrics.train_loss),
                             percent("  accuracy", metrics.train_accuracy)));
}

void RunProgress::on_search(const std::string& cell, const SearchResult& result) {
  running_.erase({cell, std::nullopt});
  if (!result.winner) return progress_.line(cell + "  search: every learning rate diverged");
  const SearchWinner& winner = *result.winner;
  progress_.line(fmt::format("{}  search: lr {} with {} epochs{}", cell, format_number(winner.lr),
                             winner.epochs, percent(", train accuracy", winner.train_accuracy)));
}

void RunProgress::on_trial(const TrialRow& trial) {
  ++finished_;
  running_.erase({trial.cell, trial.seed});
  progress_.line(fmt::format("{}  seed {}  {}  lr {}{}  {}", trial.cell, trial.seed, to_text(trial.state),
                             trial.lr ? format_number(*trial.lr) : "–",
                             percent("  train accuracy", trial.train_accuracy),
                             duration_text(trial.seconds)));
}

void RunProgress::on_note(const std::string& note) {
  notes_.push_back(note);
  progress_.line("note: " + note);
}

}  // namespace mirrortune::cli
