#include "weights/detail/gather.h"

#include <cstring>

namespace mirrortune::detail {
namespace {

constexpr std::int64_t kBlockBytes = 8 << 20;

struct Axis {
  std::int64_t extent;
  std::int64_t from;  ///< stride in the file, in elements
  std::int64_t to;    ///< stride in the result
};

/// A box of the view: its axes, and where its first element is in the file (bytes) and in the result
/// (elements).
struct Box {
  std::vector<Axis> axes;
  std::uint64_t file_offset;
  std::int64_t first;
};

class Gatherer {
 public:
  Gatherer(const RandomAccessFile& file, std::size_t element, std::span<std::byte> out)
      : file_(file), element_(static_cast<std::int64_t>(element)), out_(out) {}

  void run(const Box& box) {
    if (span_bytes(box) <= kBlockBytes) return copy(box);
    std::size_t widest = 0;
    for (std::size_t d = 0; d < box.axes.size(); ++d) {
      const auto stride = [&](std::size_t axis) {
        return box.axes[axis].extent > 1 ? box.axes[axis].from : -1;
      };
      if (stride(d) > stride(widest)) widest = d;
    }
    const Axis axis = box.axes[widest];
    const std::int64_t half = axis.extent / 2;
    Box part = box;
    part.axes[widest].extent = half;
    run(part);
    part.axes[widest].extent = axis.extent - half;
    part.file_offset += static_cast<std::uint64_t>(half * axis.from * element_);
    part.first += half * axis.to;
    run(part);
  }

 private:
  std::int64_t span_bytes(const Box& box) const {
    std::int64_t last = 0;
    for (const Axis& axis : box.axes) last += (axis.extent - 1) * axis.from;
    return (last + 1) * element_;
  }

  void copy(const Box& box) {
    block_.resize(static_cast<std::size_t>(span_bytes(box)));
    file_.read(box.file_offset, block_);
    copy_axis(box, 0, 0, box.first);
  }

  void copy_axis(const Box& box, std::size_t depth, std::int64_t from, std::int64_t to) {
    if (depth == box.axes.size()) {
      std::memcpy(out_.data() + to * element_, block_.data() + from * element_,
                  static_cast<std::size_t>(element_));
      return;
    }
    const Axis axis = box.axes[depth];
    for (std::int64_t i = 0; i < axis.extent; ++i) {
      copy_axis(box, depth + 1, from + i * axis.from, to + i * axis.to);
    }
  }

  const RandomAccessFile& file_;
  std::int64_t element_;
  std::span<std::byte> out_;
  std::vector<std::byte> block_;
};

}  // namespace

void gather(const RandomAccessFile& file, const TensorInfo& info, const StoredTensor& stored,
            std::span<std::byte> out) {
  if (out.empty()) return;
  Box box{.axes = {}, .file_offset = stored.offset, .first = 0};
  std::int64_t to = info.elements();
  for (std::size_t d = 0; d < info.shape.size(); ++d) {
    to /= info.shape[d];
    if (info.shape[d] > 1) box.axes.push_back({info.shape[d], stored.strides[d], to});
  }
  Gatherer(file, element_bytes(info.dtype), out).run(box);
}

}  // namespace mirrortune::detail
