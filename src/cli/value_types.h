#pragma once

namespace mirrortune::cli {

/// What an option's value is, where help and completion know more of it than that it is a text: its
/// type_name.
inline constexpr const char* kNetworkValue = "NETWORK";
inline constexpr const char* kOverrideValue = "KEY=VALUE";

}  // namespace mirrortune::cli
