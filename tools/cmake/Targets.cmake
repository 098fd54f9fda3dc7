# The two shapes of target in this project: a folder's library and a folder's test executable.

# -Wno-restrict: false alarms of GCC 12 in std::string (GCC PR 105651).
add_library(mirrortune_warnings INTERFACE)
target_compile_options(mirrortune_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion -Wshadow -Werror -Winvalid-pch>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)

# mirrortune_library(<folder> [TORCH] SOURCES … [PUBLIC …] [PRIVATE …])
# makes the target mirrortune_<folder> (alias mirrortune::<folder>). Headers are included as "<folder>/<file>.h".
# TORCH: every source sees <torch/torch.h> through the shared precompiled header.
function(mirrortune_library folder)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target mirrortune_${folder})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(mirrortune::${folder} ALIAS ${target})
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src;${CMAKE_SOURCE_DIR}>")
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} "$<BUILD_INTERFACE:mirrortune_warnings>")
  if(ARG_TORCH)
    mirrortune_use_torch(${target})
  endif()
endfunction()

function(mirrortune_use_torch target)
  # An installed library finds its LibTorch anew.
  target_link_libraries(${target} PUBLIC "$<BUILD_INTERFACE:mirrortune_libtorch>" "$<INSTALL_INTERFACE:mirrortune::libtorch>")
  # Before all others, wherever these were found: LibTorch's headers need the fmt that lies beside them.
  target_include_directories(${target} SYSTEM BEFORE PRIVATE
    $<TARGET_PROPERTY:mirrortune_libtorch,INTERFACE_INCLUDE_DIRECTORIES>)
  target_precompile_headers(${target} REUSE_FROM mirrortune_torch_pch)
endfunction()

# mirrortune_cuda_sources(<target> SOURCES … WITHOUT_CUDA …)
# adds the sources that need CUDA where LibTorch has it. Elsewhere the target gets their twins, which say that CUDA is absent,
# and where nvcc brings CUDA's headers the sources are compiled all the same, to be sure that they can be.
function(mirrortune_cuda_sources target)
  cmake_parse_arguments(ARG "" "" "SOURCES;WITHOUT_CUDA" ${ARGN})
  if(MIRRORTUNE_CUDA)
    set(compiled ${target})
    target_sources(${target} PRIVATE ${ARG_SOURCES})
  else()
    target_sources(${target} PRIVATE ${ARG_WITHOUT_CUDA})
    if(NOT MIRRORTUNE_NVCC)
      return()
    endif()
    set(compiled ${target}_cuda)
    add_library(${compiled} OBJECT ${ARG_SOURCES})
    target_link_libraries(${compiled} PRIVATE ${target} mirrortune_warnings)
    # A LibTorch without CUDA has its CUDA headers all the same, but for one that its build would have made.
    target_compile_definitions(${compiled} PRIVATE C10_CUDA_NO_CMAKE_CONFIGURE_FILE)
  endif()
  target_include_directories(${compiled} SYSTEM PRIVATE ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
endfunction()

# mirrortune_test(<name> [TORCH] SOURCES … LINK … [LABELS …])
# makes the executable test_<name>; each TEST of it is one test of ctest.
function(mirrortune_test name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;LINK;LABELS" ${ARGN})
  set(target test_${name})
  add_executable(${target} ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(${target} PRIVATE ${ARG_LINK} mirrortune_test_support GTest::gmock GTest::gtest_main mirrortune_warnings)
  if(ARG_TORCH)
    mirrortune_use_torch(${target})
  endif()
  # One thread each, since ctest runs several at once; slow tests have the machine to themselves and use all of it.
  set(properties TIMEOUT 1200)
  if("slow" IN_LIST ARG_LABELS)
    list(APPEND properties LABELS slow RUN_SERIAL TRUE)
  elseif("gpu" IN_LIST ARG_LABELS)  # skipped where no GPU is
    list(APPEND properties LABELS gpu RUN_SERIAL TRUE)
  else()
    # Where a test asks for two threads, they must not wait for each other by spinning on cores that other tests use.
    list(APPEND properties LABELS ${name} ENVIRONMENT OMP_NUM_THREADS=1 ENVIRONMENT_MODIFICATION OMP_WAIT_POLICY=set:passive)
  endif()
  gtest_discover_tests(${target}
    DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120 TEST_PREFIX "${name}: " PROPERTIES ${properties})
endfunction()
