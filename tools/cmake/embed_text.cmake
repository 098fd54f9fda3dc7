# cmake -DFOLDER=… -DNAME=… -DINPUT=… -DOUTPUT=… -P embed_text.cmake: a C++ source that holds the text of INPUT as FOLDER::NAME().
file(READ "${INPUT}" text)
string(FIND "${text}" ")mirrortune\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the end mark of the literal that would embed it.")
endif()
file(WRITE "${OUTPUT}" "#include \"${FOLDER}/detail/embedded.h\"\n\nstd::string_view mirrortune::${FOLDER}::${NAME}() {\n  return R\"mirrortune(${text})mirrortune\";\n}\n")
