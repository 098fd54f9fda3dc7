#pragma once

/// Marks a function that nvcc compiles for the host and for the device.
#ifdef __CUDACC__
#define MIRRORTUNE_HD __host__ __device__
#else
#define MIRRORTUNE_HD
#endif
