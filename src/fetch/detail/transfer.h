#pragma once

#include <cstdint>
#include <string>

#include "fetch/detail/part_file.h"
#include "fetch/fetch.h"

namespace mirrortune::detail {

/// How one exchange with a server ended.
enum class Ending {
  complete,     ///< all that the server announced came
  interrupted,  ///< the network or the server failed in a way that may pass
  refused,      ///< the server has no such file for us
  forbidden,    ///< it is not trusted, or leads to where we do not go: another protocol, too many redirects
  too_big,      ///< more than asked for came, or was announced
  beyond_end,   ///< the server's file is not longer than the part that is there
  stopped,
};

struct Outcome {
  Ending ending;
  std::string why = {};           ///< of all but `complete` and `stopped`
  std::uint64_t total_bytes = 0;  ///< the server's size of the whole file; 0: it did not say
  bool from_start = false;        ///< the whole file was sent, not the rest of it
};

/// One request and its answer: appends to `part` from its end on, or empties it first where the server sends
/// the whole file. Throws what PartFile throws.
Outcome transfer(const FetchRequest& request, const FetchOptions& options, PartFile& part);

}  // namespace mirrortune::detail
