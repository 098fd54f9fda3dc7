#include "weights/detail/checksum.h"

#include <algorithm>

#include <libdeflate.h>

#include "base/error.h"
#include "base/text.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kBlockBytes = 1 << 18;  // stays in the cache between the read and the checksum

/// Reads the record a block at a time, each into the place that `place` gives for its offset and length, and
/// compares the checksum.
template <class Place>
void read_and_verify(const RandomAccessFile& file, const Record& record, Place place) {
  std::uint32_t crc = libdeflate_crc32(0, nullptr, 0);
  for (std::uint64_t done = 0; done < record.bytes;) {
    const std::span<std::byte> block = place(done, std::min(record.bytes - done, kBlockBytes));
    file.read(record.offset + done, block);
    crc = libdeflate_crc32(crc, block.data(), block.size());
    done += block.size();
  }
  if (crc != record.crc) {
    refuse("the CRC-32 of its record " + printable(record.name) + " differs: the file is damaged",
           "Download or copy it again");
  }
  record.verified = true;
}

}  // namespace

void verify(const RandomAccessFile& file, const Record& record) {
  if (record.verified) return;
  std::vector<std::byte> block(std::min(record.bytes, kBlockBytes));
  read_and_verify(file, record,
                  [&](std::uint64_t, std::uint64_t length) { return std::span(block).first(length); });
}

void read_verified(const RandomAccessFile& file, const Record& record, std::span<std::byte> out) {
  MIRRORTUNE_CHECK(out.size() == record.bytes);
  if (record.verified) return file.read(record.offset, out);
  read_and_verify(file, record,
                  [&](std::uint64_t offset, std::uint64_t length) { return out.subspan(offset, length); });
}

}  // namespace mirrortune::detail
