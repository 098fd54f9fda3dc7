#include "optim/schedule.h"

#include <gtest/gtest.h>

namespace mirrortune {
namespace {

TEST(CosineSchedule, FallsFromTheRateTowardsZero) {
  EXPECT_DOUBLE_EQ(cosine_lr(0.1, 0, 30), 0.1);
  EXPECT_DOUBLE_EQ(cosine_lr(0.1, 15, 30), 0.05);
  EXPECT_NEAR(cosine_lr(0.1, 10, 30), 0.075, 1e-15);
  EXPECT_NEAR(cosine_lr(0.1, 30, 30), 0.0, 1e-17);
  EXPECT_DOUBLE_EQ(cosine_lr(0.1, 0, 1), 0.1);
}

TEST(CosineSchedule, AgreesWithPyTorchsCosineAnnealing) {
  // torch.optim.lr_scheduler.CosineAnnealingLR(T_max=7), lr 1: printed by PyTorch 2.13.
  const double expected[] = {1.0,
                             0.9504844339512095,
                             0.8117449009293668,
                             0.6112604669781572,
                             0.38873953302184283,
                             0.18825509907063326,
                             0.049515566048790455};
  for (int epoch = 0; epoch < 7; ++epoch) EXPECT_NEAR(cosine_lr(1.0, epoch, 7), expected[epoch], 1e-15);
}

}  // namespace
}  // namespace mirrortune
