# The chart library of reports and drawings; tools/setup.sh makes it.
set(MIRRORTUNE_VEGA_BUNDLE "${CMAKE_SOURCE_DIR}/.deps/vega_bundle.js" CACHE FILEPATH "Vega, Vega-Lite and Vega-Embed in one script")
if(NOT EXISTS "${MIRRORTUNE_VEGA_BUNDLE}")
  message(FATAL_ERROR "The chart library ${MIRRORTUNE_VEGA_BUNDLE} is missing: run tools/setup.sh, which makes it.")
endif()

# mirrortune_embed(<folder> <name> <file> <list>)
# appends to <list> a source that holds the file's text as mirrortune::<folder>::<name>(), declared in <folder>/detail/embedded.h.
function(mirrortune_embed folder name file list)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp")
  set(script "${CMAKE_SOURCE_DIR}/tools/cmake/embed_text.cmake")
  add_custom_command(
    OUTPUT "${source}"
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DNAME=${name} "-DINPUT=${file}" "-DOUTPUT=${source}" -P "${script}"
    DEPENDS "${file}" "${script}"
    COMMENT "Embedding ${name}" VERBATIM)
  set(${list} ${${list}} "${source}" PARENT_SCOPE)
endfunction()
