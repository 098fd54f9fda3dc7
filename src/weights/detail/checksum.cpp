#include "weights/detail/checksum.h"

#include <algorithm>

#include <zlib.h>

#include "base/text.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint64_t kBlockBytes = 1 << 18;

}  // namespace

void verify(const RandomAccessFile& file, const Record& record) {
  if (record.verified) return;
  std::vector<std::byte> block(std::min(record.bytes, kBlockBytes));
  uLong crc = crc32_z(0, nullptr, 0);
  for (std::uint64_t done = 0; done < record.bytes; done += block.size()) {
    block.resize(std::min(record.bytes - done, kBlockBytes));
    file.read(record.offset + done, block);
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(block.data()), block.size());
  }
  if (crc != record.crc) {
    refuse("the CRC-32 of its record " + printable(record.name) + " differs: the file is damaged",
           "Download or copy it again");
  }
  record.verified = true;
}

}  // namespace mirrortune::detail
