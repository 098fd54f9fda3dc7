#pragma once

#include <string>
#include <vector>

namespace mirrortune::config {

/// Where a piece of the configuration stands. Lines and columns count from 1; overrides have none.
struct Place {
  std::string origin;  ///< "exp.yaml" or "-s train.epochs=3"
  int line = 0;
  int column = 0;

  std::string text() const;
};

/// Collects every error of a configuration, so that all are told at once.
class Problems {
 public:
  void add(const Place& place, std::string message);
  bool empty() const { return found_.empty(); }
  /// Throws ConfigError with all problems in the order of the file, overrides last; does nothing if there are
  /// none.
  void throw_if_any(const std::string& file) const;

 private:
  struct Problem {
    Place place;
    std::string message;
  };
  std::vector<Problem> found_;
};

/// A user's text as it may stand in a message: quoted, printable, cut after 60 characters.
std::string in_quotes(std::string_view text);

}  // namespace mirrortune::config
