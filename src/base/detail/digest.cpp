#include "base/detail/digest.h"

#include <algorithm>
#include <array>
#include <vector>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/file.h"

namespace mirrortune::detail {

struct Digest::Context {
  explicit Context(const EVP_MD* kind) : evp(EVP_MD_CTX_new()) {
    MIRRORTUNE_CHECK(evp && EVP_DigestInit_ex(evp, kind, nullptr) == 1);
  }
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* evp;
};

Digest::Digest(DigestKind kind)
    : context_(std::make_unique<Context>(kind == DigestKind::md5 ? EVP_md5() : EVP_sha256())) {}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::span<const std::byte> bytes) {
  MIRRORTUNE_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

void Digest::update_with_file(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  for (std::uint64_t offset = 0; offset < file.size();) {
    const auto count = std::min<std::uint64_t>(buffer.size(), file.size() - offset);
    const std::span<std::byte> piece(buffer.data(), count);
    file.read(offset, piece);
    update(piece);
    offset += count;
  }
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  MIRRORTUNE_CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), &size) == 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : std::span(digest).first(size)) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace mirrortune::detail
