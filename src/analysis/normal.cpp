#include "analysis/normal.h"

#include <boost/math/distributions/normal.hpp>

namespace mirrortune {

double log_normal_cdf(double x) {
  if (x > 0) return std::log1p(-normal_cdf(-x));
  if (x > -37) return std::log(normal_cdf(x));
  const double t = 1 / (x * x);
  return -0.5 * x * x - std::log(-x / 0.3989422804014326779) + std::log1p(-t * (1 - 3 * t * (1 - 5 * t)));
}

double normal_quantile(double p) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), p);
}

}  // namespace mirrortune
