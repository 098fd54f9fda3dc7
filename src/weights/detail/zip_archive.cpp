#include "weights/detail/zip_archive.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "weights/detail/byte_cursor.h"
#include "weights/detail/refusal.h"

namespace mirrortune::detail {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50, kDescriptorSignature = 0x08074b50,
                        kDirectorySignature = 0x02014b50, kEndSignature = 0x06054b50,
                        kEnd64Signature = 0x06064b50, kLocatorSignature = 0x07064b50;
constexpr std::uint64_t kLocalBytes = 30, kDirectoryEntryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                        kLocatorBytes = 20;
constexpr std::uint16_t kSaturated16 = 0xFFFF;
constexpr std::uint32_t kSaturated32 = 0xFFFFFFFF;
constexpr std::uint16_t kEncrypted = 1 << 0, kHasDescriptor = 1 << 3, kUtf8Names = 1 << 11;
constexpr std::uint64_t kMaxDirectoryBytes = 64 << 20;

/// Where the central directory is.
struct Directory {
  std::uint64_t entries, bytes, offset;
};

/// One entry of the central directory.
struct Entry {
  std::string name;
  std::uint16_t flags, method;
  std::uint32_t crc;
  std::uint64_t stored_bytes, bytes, header;
};

std::vector<std::byte> read_bytes(const RandomAccessFile& file, std::uint64_t offset, std::uint64_t count) {
  if (offset > file.size() || count > file.size() - offset)
    refuse("its zip structure points past the end of the file");
  std::vector<std::byte> bytes(count);
  file.read(offset, bytes);
  return bytes;
}

/// Follows the zip64 locator before the end record, if there is one; `directory` holds the end record's
/// numbers.
Directory zip64_directory(const RandomAccessFile& file, std::uint64_t end, Directory directory) {
  const bool saturated = directory.entries == kSaturated16 || directory.bytes == kSaturated32 ||
                         directory.offset == kSaturated32;
  const std::uint64_t locator = end - std::min(end, kLocatorBytes);
  const auto locator_bytes = read_bytes(file, locator, end - locator);
  const bool found = locator_bytes.size() == kLocatorBytes &&
                     ByteCursor(locator_bytes, "the zip64 locator").u32() == kLocatorSignature;
  if (!found) {
    if (saturated) refuse("its zip64 directory is missing");
    if (directory.offset + directory.bytes != end)
      refuse("its zip directory is not where the end record says");
    return directory;
  }
  ByteCursor cursor(locator_bytes, "the zip64 locator");
  cursor.skip(4);
  const auto first_disk = cursor.u32();
  const auto end64 = cursor.u64();
  if (first_disk != 0 || cursor.u32() != 1 || end64 > locator || locator - end64 != kEnd64Bytes) {
    refuse("its zip64 locator is wrong");
  }
  const auto end64_bytes = read_bytes(file, end64, kEnd64Bytes);
  ByteCursor record(end64_bytes, "the zip64 end record");
  if (record.u32() != kEnd64Signature || record.u64() != kEnd64Bytes - 12)
    refuse("its zip64 end record is wrong");
  record.skip(4);  // versions
  const auto disks = record.u64();
  const auto entries_here = record.u64();
  const Directory wide{.entries = record.u64(), .bytes = record.u64(), .offset = record.u64()};
  const auto agrees = [](std::uint64_t narrow, std::uint64_t value, std::uint64_t limit) {
    return narrow == value || narrow == limit;
  };
  if (disks != 0 || entries_here != wide.entries || !agrees(directory.entries, wide.entries, kSaturated16) ||
      !agrees(directory.bytes, wide.bytes, kSaturated32) ||
      !agrees(directory.offset, wide.offset, kSaturated32) || wide.offset > end64 ||
      end64 - wide.offset != wide.bytes) {
    refuse("its zip64 end record contradicts the rest");
  }
  return wide;
}

Directory find_directory(const RandomAccessFile& file) {
  const std::uint64_t end = file.size() - std::min(file.size(), kEndBytes);
  const auto bytes = read_bytes(file, end, file.size() - end);
  if (bytes.size() < kEndBytes || ByteCursor(bytes, "").u32() != kEndSignature) {
    refuse("its zip directory is not at the end: the file is truncated, or something was added to it",
           "Download or copy it again");
  }
  ByteCursor cursor(bytes, "the zip end record");
  cursor.skip(4);
  const auto disks = cursor.u32();
  const auto entries_here = cursor.u16();
  const Directory directory{.entries = cursor.u16(), .bytes = cursor.u32(), .offset = cursor.u32()};
  if (disks != 0 || entries_here != directory.entries || cursor.u16() != 0) {
    refuse("its zip end record is wrong: it has several disks or a comment");
  }
  return zip64_directory(file, end, directory);
}

/// The values that did not fit their 32 bits, from the zip64 extra field.
void widen(ByteCursor extra, std::array<std::uint64_t*, 3> values) {
  while (extra.remaining() >= 4) {
    const auto id = extra.u16();
    const std::string_view field = extra.text(extra.u16());
    if (id != 1) continue;
    ByteCursor cursor(std::as_bytes(std::span(field)), "a zip64 field");
    for (auto* value : values) {
      if (*value == kSaturated32) *value = cursor.u64();
    }
    return;
  }
}

Entry read_entry(ByteCursor& cursor) {
  if (cursor.u32() != kDirectorySignature) refuse("its zip directory is damaged");
  cursor.skip(4);  // versions
  Entry entry{};
  entry.flags = cursor.u16();
  entry.method = cursor.u16();
  cursor.skip(4);  // time and date
  entry.crc = cursor.u32();
  entry.stored_bytes = cursor.u32();
  entry.bytes = cursor.u32();
  const auto name_bytes = cursor.u16(), extra_bytes = cursor.u16(), comment_bytes = cursor.u16();
  const auto disk = cursor.u16();
  cursor.skip(6);  // attributes
  entry.header = cursor.u32();
  entry.name = cursor.text(name_bytes);
  const auto extra = cursor.text(extra_bytes);
  cursor.skip(comment_bytes);
  widen(ByteCursor(std::as_bytes(std::span(extra)), "a zip extra field"),
        {&entry.bytes, &entry.stored_bytes, &entry.header});

  if (entry.flags & kEncrypted) refuse("its zip member " + printable(entry.name) + " is encrypted");
  if (entry.flags & ~(kHasDescriptor | kUtf8Names) || disk != 0 ||
      (entry.method == 0 && entry.stored_bytes != entry.bytes)) {
    refuse("its zip member " + printable(entry.name) + " has contradictory sizes or flags");
  }
  return entry;
}

/// End of the member's data and, where it has one, of the descriptor after them, which must repeat the
/// directory.
std::uint64_t end_of_member(const RandomAccessFile& file, const Entry& entry, std::uint64_t data_end) {
  if (!(entry.flags & kHasDescriptor)) return data_end;
  constexpr std::uint64_t kShort = 16, kLong = 24;
  const auto bytes = read_bytes(file, data_end, std::min(kLong, file.size() - data_end));
  for (const auto size : {kShort, kLong}) {
    if (bytes.size() < size) break;
    ByteCursor cursor(bytes, "a zip data descriptor");
    if (cursor.u32() != kDescriptorSignature || cursor.u32() != entry.crc) break;
    const auto number = [&] { return size == kShort ? cursor.u32() : cursor.u64(); };
    const auto stored = number();
    if (stored == entry.stored_bytes && number() == entry.bytes) return data_end + size;
  }
  refuse("the data descriptor of its zip member " + printable(entry.name) + " contradicts the directory");
}

/// Checks the local header, which must repeat the directory; returns the member and sets `end` to where it
/// ends in the file.
ZipMember locate(const RandomAccessFile& file, const Entry& entry, std::uint64_t& end) {
  const auto bytes = read_bytes(file, entry.header, kLocalBytes + entry.name.size());
  ByteCursor cursor(bytes, "a zip local header");
  const bool signature = cursor.u32() == kLocalSignature;
  cursor.skip(2);  // version
  const auto flags = cursor.u16();
  const auto method = cursor.u16();
  cursor.skip(4);  // time and date
  const auto crc = cursor.u32();
  const std::uint64_t stored = cursor.u32(), size = cursor.u32();
  const auto name_bytes = cursor.u16(), extra_bytes = cursor.u16();
  const bool later = flags & kHasDescriptor;  // sizes may stand in the descriptor after the data instead
  const auto agrees = [&](std::uint64_t value, std::uint64_t told) {
    return value == told || value == kSaturated32 || (later && value == 0);
  };
  if (!signature || flags != entry.flags || method != entry.method || name_bytes != entry.name.size() ||
      cursor.text(name_bytes) != entry.name || !(crc == entry.crc || (later && crc == 0)) ||
      !agrees(stored, entry.stored_bytes) || !agrees(size, entry.bytes)) {
    refuse("the local header of its zip member " + printable(entry.name) + " contradicts the directory");
  }
  const std::uint64_t data = entry.header + bytes.size() + extra_bytes;
  if (data > file.size() || entry.stored_bytes > file.size() - data) {
    refuse("its zip member " + printable(entry.name) + " reaches past the end of the file");
  }
  end = end_of_member(file, entry, data + entry.stored_bytes);
  return {.name = entry.name,
          .offset = data,
          .bytes = entry.bytes,
          .crc = entry.crc,
          .compressed = entry.method != 0};
}

}  // namespace

std::vector<ZipMember> read_zip_directory(const RandomAccessFile& file) {
  const Directory directory = find_directory(file);
  if (directory.bytes > kMaxDirectoryBytes || directory.entries > directory.bytes / kDirectoryEntryBytes) {
    refuse("its zip directory has an impossible size");
  }
  const auto bytes = read_bytes(file, directory.offset, directory.bytes);
  ByteCursor cursor(bytes, "its zip directory");
  std::vector<ZipMember> members;
  std::set<std::string_view> names;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  members.reserve(directory.entries);
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Entry entry = read_entry(cursor);
    std::uint64_t end = 0;
    members.push_back(locate(file, entry, end));
    ranges.emplace_back(entry.header, end);
    if (!names.insert(members.back().name).second) {
      refuse("its zip directory has the member " + printable(entry.name) + " twice");
    }
  }
  if (cursor.remaining() != 0) refuse("its zip directory has more bytes than entries");
  std::sort(ranges.begin(), ranges.end());
  ranges.emplace_back(directory.offset, directory.offset);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i - 1].second > ranges[i].first) refuse("two of its zip members overlap");
  }
  return members;
}

}  // namespace mirrortune::detail
