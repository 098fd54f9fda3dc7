#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mirrortune::config {

/// Seconds of a time limit as sbatch takes it: "minutes", "minutes:seconds", "hours:minutes:seconds",
/// "days-hours", "days-hours:minutes", "days-hours:minutes:seconds". Nothing if it is none, or is 0.
std::optional<std::int64_t> slurm_seconds(const std::string& text);

/// What is wrong with a text of a slurm.yaml, as the end of "'x' …"; nothing if it is right.
std::optional<std::string> slurm_time_problem(const std::string& text);
std::optional<std::string> slurm_memory_problem(const std::string& text);
/// Of a partition, an account …: one word.
std::optional<std::string> slurm_word_problem(const std::string& text);
/// Of what stands after `#SBATCH` on a line of its own.
std::optional<std::string> slurm_option_problem(const std::string& text);
std::optional<std::string> shell_line_problem(const std::string& text);

}  // namespace mirrortune::config
