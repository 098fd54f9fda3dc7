#include "analysis/detail/normal.h"

#include <boost/math/distributions/normal.hpp>

namespace mirrortune::detail {

double normal_quantile(double p) {
  return boost::math::quantile(boost::math::normal_distribution<double>(), p);
}

}  // namespace mirrortune::detail
