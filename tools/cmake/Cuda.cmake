# nvcc alone is enough to compile the .cu files (as in CI, where no GPU is); they are linked only with a CUDA LibTorch.
include(CheckLanguage)
find_program(MIRRORTUNE_NVCC nvcc PATHS /usr/local/cuda/bin)
if(MIRRORTUNE_NVCC)
  set(CMAKE_CUDA_COMPILER "${MIRRORTUNE_NVCC}")
  set(CMAKE_CUDA_ARCHITECTURES 80 90)
  set(CMAKE_CUDA_STANDARD 20)
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc has C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
endif()
