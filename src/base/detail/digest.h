#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace mirrortune::detail {

enum class DigestKind { md5, sha256 };

/// A digest in pieces (OpenSSL's EVP).
class Digest {
 public:
  explicit Digest(DigestKind kind);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::span<const std::byte> bytes);
  /// Of the whole content, in constant memory. Throws as RandomAccessFile.
  void update_with_file(const std::filesystem::path& path);
  /// Lower-case hexadecimal digits; ends the use of the object.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace mirrortune::detail
