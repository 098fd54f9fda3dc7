#pragma once

#include <cmath>
#include <numbers>

namespace mirrortune {

/// The learning rate of epoch `epoch` = 0 … epochs − 1 (or any step of as many steps) under cosine annealing
/// without restarts to 0: lr·(1 + cos(π·epoch/epochs))/2. A pure function: epoch 0 has `lr` itself, epoch
/// `epochs` would have 0. Source: Loshchilov & Hutter 2017, eq. (5).
inline double cosine_lr(double lr, int epoch, int epochs) {
  return lr * (1.0 + std::cos(std::numbers::pi * epoch / epochs)) / 2.0;
}

}  // namespace mirrortune
