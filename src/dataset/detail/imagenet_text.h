#pragma once

namespace mirrortune::detail {

/// The content of data/imagenet_wnids.txt, built into the program.
extern const char* const kImagenetWnidsText;

}  // namespace mirrortune::detail
