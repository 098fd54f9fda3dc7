#include "dataset/detail/opencv_setup.h"

#include <mutex>

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

namespace mirrortune::detail {

void set_up_opencv() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::setNumThreads(1);
    cv::redirectError([](int, const char*, const char*, const char*, int, void*) { return 0; });
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  });
}

}  // namespace mirrortune::detail
