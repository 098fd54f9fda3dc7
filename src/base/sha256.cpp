#include "base/sha256.h"

#include <algorithm>
#include <array>
#include <vector>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/file.h"

namespace mirrortune {

struct Sha256::Context {
  Context() : evp(EVP_MD_CTX_new()) {
    MIRRORTUNE_CHECK(evp && EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) == 1);
  }
  ~Context() { EVP_MD_CTX_free(evp); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* evp;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  MIRRORTUNE_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  MIRRORTUNE_CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr) == 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

std::string sha256_hex(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); }

std::string sha256_of_file(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  Sha256 hash;
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  for (std::uint64_t offset = 0; offset < file.size();) {
    const auto count = std::min<std::uint64_t>(buffer.size(), file.size() - offset);
    const std::span<std::byte> piece(buffer.data(), count);
    file.read(offset, piece);
    hash.update(piece);
    offset += count;
  }
  return hash.hex();
}

}  // namespace mirrortune
