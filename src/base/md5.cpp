#include "base/md5.h"

#include "base/detail/digest.h"

namespace mirrortune {

std::string md5_of_file(const std::filesystem::path& path) {
  detail::Digest digest(detail::DigestKind::md5);
  digest.update_with_file(path);
  return digest.hex();
}

}  // namespace mirrortune
