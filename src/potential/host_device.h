#pragma once

/// Marks a function that nvcc compiles for the host and for the device.
#ifdef __CUDACC__
#define MIRRORTUNE_HD __host__ __device__
#else
#define MIRRORTUNE_HD
#endif

/// The same for the few lines of one weight's step: inlined always, or a loop over them is no vector code.
#define MIRRORTUNE_HD_INLINE MIRRORTUNE_HD __attribute__((always_inline)) inline

/// The same for the rare ways of a step, which on a device are called, so that kernels stay small.
#ifdef __CUDACC__
#define MIRRORTUNE_HD_RARE __host__ __device__ __noinline__
#else
#define MIRRORTUNE_HD_RARE __attribute__((always_inline)) inline
#endif
