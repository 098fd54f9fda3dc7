#include "dataset/detail/gzip.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>

#include <zlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mirrortune::detail {
namespace {

constexpr std::size_t kChunk = 64 << 10;
constexpr int kGzipOnly = 16 + MAX_WBITS;  ///< zlib: a gzip header and trailer, no other
constexpr std::array kMagic = {std::byte{0x1F}, std::byte{0x8B}};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw DataError({.what = "cannot read", .where = printable(path.string()), .why = why});
}

}  // namespace

struct UnpackedFile::State {
  explicit State(const std::filesystem::path& path) : file(path) {}
  ~State() {
    if (is_gzip) inflateEnd(&stream);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// The next bytes of the file itself; fewer only at its end.
  std::size_t read_packed(std::span<std::byte> out) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), file.size() - offset));
    file.read(offset, out.first(count));
    offset += count;
    return count;
  }

  /// More input for zlib, if it used up what it had and the file has more.
  void refill() {
    if (stream.avail_in > 0) return;
    stream.avail_in = static_cast<uInt>(read_packed(chunk));
    stream.next_in = reinterpret_cast<Bytef*>(chunk.data());
  }

  /// Begins the next gzip member; false at the end of the file.
  bool begin_member() {
    refill();
    if (stream.avail_in == 0) return false;
    if (*stream.next_in != std::to_integer<Bytef>(kMagic[0])) {
      refuse(file.path(), "other bytes follow its gzip data");
    }
    inflateReset(&stream);
    return true;
  }

  /// Unpacks into `out` what the present input and room allow.
  std::size_t inflate_some(std::span<std::byte> out) {
    refill();
    if (stream.avail_in == 0) refuse(file.path(), "its gzip data ends too early: it is truncated");
    const auto room = static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      refuse(file.path(),
             std::string("its gzip data is corrupt (") + (stream.msg ? stream.msg : "no reason given") + ")");
    }
    member_ended = result == Z_STREAM_END;
    return room - stream.avail_out;
  }

  RandomAccessFile file;
  std::uint64_t offset = 0;
  bool is_gzip = false;
  bool member_ended = false;
  z_stream stream{};
  std::array<std::byte, kChunk> chunk{};
};

UnpackedFile::UnpackedFile(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {
  std::array<std::byte, kMagic.size()> start{};
  if (state_->file.size() < start.size()) return;
  state_->file.read(0, start);
  if (start != kMagic) return;
  if (inflateInit2(&state_->stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  state_->is_gzip = true;
}

UnpackedFile::~UnpackedFile() = default;

bool UnpackedFile::is_gzip() const { return state_->is_gzip; }

std::size_t UnpackedFile::read(std::span<std::byte> out) {
  if (!state_->is_gzip) return state_->read_packed(out);
  std::size_t count = 0;
  while (count < out.size()) {
    if (state_->member_ended && !state_->begin_member()) break;
    count += state_->inflate_some(out.subspan(count));
  }
  return count;
}

struct GzipWriter::State {
  std::filesystem::path path;
  gzFile file = nullptr;
};

GzipWriter::GzipWriter(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->file = gzopen(path.c_str(), "wb");
  if (!state_->file) throw_write_error("cannot write", path.string(), errno);
}

GzipWriter::~GzipWriter() {
  if (state_->file) gzclose(state_->file);
}

void GzipWriter::write(std::span<const std::uint8_t> bytes) {
  if (gzfwrite(bytes.data(), 1, bytes.size(), state_->file) != bytes.size()) {
    throw_write_error("cannot write", state_->path.string(), errno);
  }
}

void GzipWriter::close() {
  if (gzclose(std::exchange(state_->file, nullptr)) != Z_OK) {
    throw_write_error("cannot write", state_->path.string(), errno);
  }
}

}  // namespace mirrortune::detail
