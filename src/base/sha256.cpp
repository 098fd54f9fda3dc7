#include "base/sha256.h"

#include "base/detail/digest.h"

namespace mirrortune {

struct Sha256::Context {
  detail::Digest digest{detail::DigestKind::sha256};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) { context_->digest.update(bytes); }

std::string Sha256::hex() { return context_->digest.hex(); }

std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

std::string sha256_hex(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); }

std::string sha256_of_file(const std::filesystem::path& path) {
  detail::Digest digest(detail::DigestKind::sha256);
  digest.update_with_file(path);
  return digest.hex();
}

}  // namespace mirrortune
