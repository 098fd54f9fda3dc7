# `cmake --install` exports two libraries for other programs: find_package(mirrortune) gives mirrortune::optim, which needs
# LibTorch, and mirrortune::potential; find_package(mirrortune COMPONENTS potential) the second alone, which needs nothing.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/mirrortune")
# Installed headers include each other as here, "potential/step.h", and are included as <mirrortune/potential/step.h>.
set(package_includes "${CMAKE_INSTALL_INCLUDEDIR}" "${CMAKE_INSTALL_INCLUDEDIR}/mirrortune")

foreach(part potential base_core optim)
  set_target_properties(mirrortune_${part} PROPERTIES EXPORT_NAME ${part})
  if(part STREQUAL "potential")
    set(export mirrortunePotential)
    target_compile_features(mirrortune_potential INTERFACE cxx_std_20)
    target_include_directories(mirrortune_potential INTERFACE "$<INSTALL_INTERFACE:${package_includes}>")
  else()
    set(export mirrortuneOptim)
    target_compile_features(mirrortune_${part} PUBLIC cxx_std_20)
    target_include_directories(mirrortune_${part} PUBLIC "$<INSTALL_INTERFACE:${package_includes}>")
  endif()
  install(TARGETS mirrortune_${part} EXPORT ${export} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endforeach()
foreach(folder potential optim)
  install(DIRECTORY "${CMAKE_SOURCE_DIR}/src/${folder}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/mirrortune"
    FILES_MATCHING PATTERN "*.h")
endforeach()
foreach(export mirrortunePotential mirrortuneOptim)
  install(EXPORT ${export} NAMESPACE mirrortune:: DESTINATION "${package_folder}")
endforeach()

file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/package/mirrortuneConfig.cmake" @ONLY CONTENT [=[
# mirrortune::potential always; mirrortune::optim unless COMPONENTS names potential alone.
include("${CMAKE_CURRENT_LIST_DIR}/mirrortunePotential.cmake")
set(mirrortune_potential_FOUND TRUE)
if(NOT mirrortune_FIND_COMPONENTS OR "optim" IN_LIST mirrortune_FIND_COMPONENTS)
  include("${CMAKE_CURRENT_LIST_DIR}/LibTorch.cmake")
  if(NOT TARGET mirrortune::libtorch)
    add_library(mirrortune::libtorch ALIAS mirrortune_libtorch)
  endif()
  include("${CMAKE_CURRENT_LIST_DIR}/mirrortuneOptim.cmake")
  set(mirrortune_optim_FOUND TRUE)
endif()
foreach(part IN LISTS mirrortune_FIND_COMPONENTS)
  if(mirrortune_FIND_REQUIRED_${part} AND NOT mirrortune_${part}_FOUND)
    set(mirrortune_FOUND FALSE)
    set(mirrortune_NOT_FOUND_MESSAGE "mirrortune has no component ${part}; it has potential and optim")
  endif()
endforeach()
]=])
write_basic_package_version_file("${CMAKE_BINARY_DIR}/package/mirrortuneConfigVersion.cmake"
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/package/mirrortuneConfig.cmake"
  "${CMAKE_BINARY_DIR}/package/mirrortuneConfigVersion.cmake" "${CMAKE_SOURCE_DIR}/tools/cmake/LibTorch.cmake"
  DESTINATION "${package_folder}")
