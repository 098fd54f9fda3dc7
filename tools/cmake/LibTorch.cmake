# Finds LibTorch and makes the target mirrortune_libtorch (and sets MIRRORTUNE_CUDA).
#
# Looked for in this order: MIRRORTUNE_LIBTORCH_ROOT, $LIBTORCH_ROOT, the wheel under .deps/venv, an importable `torch`.
# The wheel's own find_package(Torch) fails for a CUDA wheel on a machine without the toolkit, and it knows nothing
# of the libgomp that it ships; so the target is made here from the folders themselves.

set(MIRRORTUNE_LIBTORCH_ROOT "" CACHE PATH "Folder of LibTorch: holds include/ and lib/ (default: searched)")

function(mirrortune_locate_libtorch out)
  file(GLOB wheels "${CMAKE_SOURCE_DIR}/.deps/venv/lib/python3*/site-packages/torch")
  foreach(candidate IN LISTS MIRRORTUNE_LIBTORCH_ROOT ITEMS "$ENV{LIBTORCH_ROOT}" ${wheels})
    if(candidate AND EXISTS "${candidate}/include/torch/csrc/api/include/torch/torch.h")
      set(${out} "${candidate}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  execute_process(
    COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(found AND EXISTS "${found}/include/torch/csrc/api/include/torch/torch.h")
    set(${out} "${found}" PARENT_SCOPE)
  else()
    message(FATAL_ERROR "LibTorch was not found. Run tools/setup.sh, or set LIBTORCH_ROOT to a folder with include/ and lib/.")
  endif()
endfunction()

mirrortune_locate_libtorch(LIBTORCH_FOUND_ROOT)
set(version_header "${LIBTORCH_FOUND_ROOT}/include/torch/headeronly/version.h")
if(NOT EXISTS "${version_header}")
  set(version_header "${LIBTORCH_FOUND_ROOT}/include/torch/csrc/api/include/torch/version.h")
endif()
file(READ "${version_header}" version_text)
string(REGEX MATCH "TORCH_VERSION[ \\\n]+\"([^\"]+)\"" matched "${version_text}")
set(MIRRORTUNE_TORCH_VERSION "${CMAKE_MATCH_1}")

# The wheel carries its own libgomp; our OpenMP code links that one, so that the process has one thread pool.
file(GLOB wheel_gomp "${LIBTORCH_FOUND_ROOT}/lib/libgomp*.so*" "${LIBTORCH_FOUND_ROOT}/../torch.libs/libgomp*.so*")
if(wheel_gomp)
  list(GET wheel_gomp 0 gomp_library)
else()
  set(gomp_library gomp)
endif()

add_library(mirrortune_libtorch INTERFACE)
target_include_directories(mirrortune_libtorch SYSTEM INTERFACE
  "${LIBTORCH_FOUND_ROOT}/include" "${LIBTORCH_FOUND_ROOT}/include/torch/csrc/api/include")
target_compile_options(mirrortune_libtorch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
# The compiler's own standard library first: LibTorch's libraries export parts of another one, which would take its place.
target_link_libraries(mirrortune_libtorch INTERFACE
  -Wl,--push-state,--no-as-needed,-lstdc++,--pop-state
  "${LIBTORCH_FOUND_ROOT}/lib/libtorch.so" "${LIBTORCH_FOUND_ROOT}/lib/libtorch_cpu.so"
  "${LIBTORCH_FOUND_ROOT}/lib/libc10.so" "${gomp_library}")

set(MIRRORTUNE_CUDA OFF)
if(EXISTS "${LIBTORCH_FOUND_ROOT}/lib/libtorch_cuda.so" AND MIRRORTUNE_NVCC)
  set(MIRRORTUNE_CUDA ON)
  target_link_libraries(mirrortune_libtorch INTERFACE
    -Wl,--no-as-needed "${LIBTORCH_FOUND_ROOT}/lib/libtorch_cuda.so" "${LIBTORCH_FOUND_ROOT}/lib/libc10_cuda.so" -Wl,--as-needed)
endif()
