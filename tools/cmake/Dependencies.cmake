# Everything but LibTorch comes from the distribution's packages; tools/setup.sh installs them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)  # link fmt::fmt-header-only: the torch wheel ships another version's headers and no library
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)  # headers only: src/fetch loads the library when it is needed
# CRC-32 at several times zlib's speed. Debian's package has no CMake files.
find_library(LIBDEFLATE_LIBRARY deflate REQUIRED)
find_path(LIBDEFLATE_INCLUDE_DIR libdeflate.h REQUIRED)
add_library(libdeflate::libdeflate UNKNOWN IMPORTED)
set_target_properties(libdeflate::libdeflate PROPERTIES
  IMPORTED_LOCATION "${LIBDEFLATE_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${LIBDEFLATE_INCLUDE_DIR}")
find_package(Boost REQUIRED)
if(MIRRORTUNE_OPENCV)
  find_package(JPEG REQUIRED)
  find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
endif()
find_package(benchmark QUIET)
if(MIRRORTUNE_TESTS)
  find_package(GTest REQUIRED)
endif()
