# nvcc alone is enough to compile the .cu files (as in CI, where no GPU is); they are linked only with a CUDA LibTorch.
include(CheckLanguage)
find_program(MIRRORTUNE_NVCC nvcc PATHS /usr/local/cuda/bin)
if(MIRRORTUNE_NVCC)
  set(CMAKE_CUDA_COMPILER "${MIRRORTUNE_NVCC}")
  set(CMAKE_CUDA_ARCHITECTURES 80 90)
  set(CMAKE_CUDA_STANDARD 20)
  enable_language(CUDA)
endif()
