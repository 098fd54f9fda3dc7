# cmake -DNAME=… -DINPUT=… -DOUTPUT=… -P embed.cmake: a C++ source that holds the text of INPUT as report::k_<NAME>().
file(READ "${INPUT}" text)
string(FIND "${text}" ")mirrortune\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the end mark of the literal that would embed it.")
endif()
file(WRITE "${OUTPUT}" "#include \"report/detail/embedded.h\"\n\nstd::string_view mirrortune::report::${NAME}() {\n  return R\"mirrortune(${text})mirrortune\";\n}\n")
