#pragma once

#include <string>
#include <vector>

namespace mirrortune::report {

/// Mean and spread of the finite ones among some numbers.
struct Spread {
  int count = 0;  ///< finite numbers
  double mean;    ///< NaN if there is none
  double sd;      ///< unbiased; NaN for fewer than two
};
Spread spread(const std::vector<double>& values);

/// "0.0861": a number for people, with so many significant digits and no needless zeros; "–" if it is not
/// finite.
std::string show(double value, int digits = 3);
/// "0.086 ± 0.006", three decimals; without the spread if there is one number only; "–" for none.
std::string show(const Spread& values);
/// "98.4 %" for 0.984; "–" if it is not finite.
std::string show_percent(double share);
/// "538,640"; "–" if it is not finite.
std::string show_count(double value);

/// "0.98"; "–" if it is not finite.
std::string two_digits(double value);

/// The value with so many significant digits, to keep the page small.
double rounded(double value, int digits = 4);

/// "a", "a and b", "a, b and c".
std::string list_in_words(const std::vector<std::string>& items);
/// "1 trial", "3 trials"; plural by an added s.
std::string counted(std::size_t count, const std::string& noun);

}  // namespace mirrortune::report
