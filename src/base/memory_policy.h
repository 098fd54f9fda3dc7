#pragma once

namespace mirrortune {

/// Tells the C library's allocator to keep the memory that is freed. Called once, by `main`, before memory is
/// used.
///
/// A training step frees all its activations, an analysis the scores of every layer; by default glibc gives
/// such big blocks back to the system at once and the next pays a page fault for every 4 KiB of them. Kept,
/// the memory in use stays at its peak until the process ends. Elsewhere than on glibc nothing happens.
void keep_freed_memory();

}  // namespace mirrortune
