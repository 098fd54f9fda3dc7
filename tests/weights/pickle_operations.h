#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mirrortune::test {

using namespace std::string_view_literals;

/// The 68 operations of Python's pickletools, protocols 0 to 5, each with a short argument where it takes
/// one.
inline constexpr std::array kPickleOperations = {
    "I1\n"sv,                         // INT
    "J\1\0\0\0"sv,                    // BININT
    "K\1"sv,                          // BININT1
    "M\1\0"sv,                        // BININT2
    "L1L\n"sv,                        // LONG
    "\x8a\1\1"sv,                     // LONG1
    "\x8b\1\0\0\0\1"sv,               // LONG4
    "S'a'\n"sv,                       // STRING
    "T\1\0\0\0a"sv,                   // BINSTRING
    "U\1a"sv,                         // SHORT_BINSTRING
    "B\1\0\0\0a"sv,                   // BINBYTES
    "C\1a"sv,                         // SHORT_BINBYTES
    "\x8e\1\0\0\0\0\0\0\0a"sv,        // BINBYTES8
    "\x96\1\0\0\0\0\0\0\0a"sv,        // BYTEARRAY8
    "\x97"sv,                         // NEXT_BUFFER
    "\x98"sv,                         // READONLY_BUFFER
    "N"sv,                            // NONE
    "\x88"sv,                         // NEWTRUE
    "\x89"sv,                         // NEWFALSE
    "Va\n"sv,                         // UNICODE
    "\x8c\1a"sv,                      // SHORT_BINUNICODE
    "X\1\0\0\0a"sv,                   // BINUNICODE
    "\x8d\1\0\0\0\0\0\0\0a"sv,        // BINUNICODE8
    "F1\n"sv,                         // FLOAT
    "G\x3f\xf0\0\0\0\0\0\0"sv,        // BINFLOAT
    "]"sv,                            // EMPTY_LIST
    "a"sv,                            // APPEND
    "e"sv,                            // APPENDS
    "l"sv,                            // LIST
    ")"sv,                            // EMPTY_TUPLE
    "t"sv,                            // TUPLE
    "\x85"sv,                         // TUPLE1
    "\x86"sv,                         // TUPLE2
    "\x87"sv,                         // TUPLE3
    "}"sv,                            // EMPTY_DICT
    "d"sv,                            // DICT
    "s"sv,                            // SETITEM
    "u"sv,                            // SETITEMS
    "\x8f"sv,                         // EMPTY_SET
    "\x90"sv,                         // ADDITEMS
    "\x91"sv,                         // FROZENSET
    "0"sv,                            // POP
    "2"sv,                            // DUP
    "("sv,                            // MARK
    "1"sv,                            // POP_MARK
    "g0\n"sv,                         // GET
    "h\0"sv,                          // BINGET
    "j\0\0\0\0"sv,                    // LONG_BINGET
    "p0\n"sv,                         // PUT
    "q\0"sv,                          // BINPUT
    "r\0\0\0\0"sv,                    // LONG_BINPUT
    "\x94"sv,                         // MEMOIZE
    "\x82\1"sv,                       // EXT1
    "\x83\1\0"sv,                     // EXT2
    "\x84\1\0\0\0"sv,                 // EXT4
    "ccollections\nOrderedDict\n"sv,  // GLOBAL
    "\x93"sv,                         // STACK_GLOBAL
    "R"sv,                            // REDUCE
    "b"sv,                            // BUILD
    "ios\nsystem\n"sv,                // INST
    "o"sv,                            // OBJ
    "\x81"sv,                         // NEWOBJ
    "\x92"sv,                         // NEWOBJ_EX
    "\x80\2"sv,                       // PROTO
    "."sv,                            // STOP
    "\x95\0\0\0\0\0\0\0\0"sv,         // FRAME
    "P0\n"sv,                         // PERSID
    "Q"sv,                            // BINPERSID
};
static_assert(kPickleOperations.size() == 68);

}  // namespace mirrortune::test
