#pragma once

#include <string>
#include <string_view>

namespace mirrortune {

/// `text` as one word of a POSIX shell's command line.
std::string shell_word(std::string_view text);

}  // namespace mirrortune
