# What was found and what is missing, in one place.
if(MIRRORTUNE_CUDA)
  set(cuda_summary "yes: kernels are compiled and linked")
elseif(MIRRORTUNE_NVCC)
  set(cuda_summary "compiled by nvcc, not linked: this LibTorch has no CUDA")
else()
  set(cuda_summary "no: nvcc was not found, .cu files are left out")
endif()
if(MIRRORTUNE_CCACHE)
  set(ccache_summary "yes")
else()
  set(ccache_summary "no: rebuilding LibTorch files costs about 20 s each")
endif()
if(MIRRORTUNE_OPENCV)
  set(opencv_summary "${OpenCV_VERSION}")
else()
  set(opencv_summary "left out: only packed images can be read")
endif()
if(MIRRORTUNE_DRAW)
  set(draw_summary "as SVG, PDF and PNG by librsvg ${drawing_librsvg-2.0_VERSION}")
else()
  set(draw_summary "left out: figures cannot be exported")
endif()
if(benchmark_FOUND)
  set(bench_summary "yes")
else()
  set(bench_summary "no: google-benchmark was not found")
endif()
message(STATUS "mirrortune ${PROJECT_VERSION}
   build type   ${CMAKE_BUILD_TYPE} ${MIRRORTUNE_SANITIZE}
   LibTorch     ${MIRRORTUNE_TORCH_VERSION} at ${LIBTORCH_FOUND_ROOT}
   CUDA         ${cuda_summary}
   OpenCV       ${opencv_summary}
   drawing      ${draw_summary}
   ccache       ${ccache_summary}
   benchmarks   ${bench_summary}")
