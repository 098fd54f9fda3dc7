#pragma once

namespace mirrortune::cli {

/// What a shell reads to complete command lines with `completion candidates`: each script asks the program
/// what may follow, so that it never knows less than the program that is installed, and offers files where
/// the program has nothing to say. As mirrortune.bash, .zsh and .fish were when the program was built.
extern const char* const kBashCompletion;
extern const char* const kZshCompletion;
extern const char* const kFishCompletion;

}  // namespace mirrortune::cli
