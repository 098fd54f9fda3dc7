#pragma once

#include <gtest/gtest.h>
#include <torch/cuda.h>

namespace mirrortune::test {

/// A fixture of tests that need a CUDA device: they are skipped where none is.
class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  }
};

}  // namespace mirrortune::test
