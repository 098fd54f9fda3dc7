#include "support/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::atomic<std::size_t> held{0}, most_held{0}, largest_one{0};

void raise(std::atomic<std::size_t>& maximum, std::size_t value) {
  std::size_t seen = maximum.load();
  while (seen < value && !maximum.compare_exchange_weak(seen, value)) {
  }
}

void* allocate(std::size_t size) { return std::malloc(size == 0 ? 1 : size); }

void* allocate(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(step, (size + step - 1) / step * step);
}

void* noted(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return memory;
  raise(largest_one, size);
  raise(most_held, held += ::malloc_usable_size(memory));
  return memory;
}

void* counted(void* memory, std::size_t size) {
  if (memory == nullptr) throw std::bad_alloc();
  return noted(memory, size);
}

void release(void* memory) noexcept {
  held -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

// All forms, since a sanitizer's would otherwise stand in for the missing ones and find ours in the other
// half.
void* operator new(std::size_t size) { return counted(allocate(size), size); }
void* operator new[](std::size_t size) { return counted(allocate(size), size); }
void* operator new(std::size_t size, std::align_val_t step) { return counted(allocate(size, step), size); }
void* operator new[](std::size_t size, std::align_val_t step) { return counted(allocate(size, step), size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return noted(allocate(size), size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return noted(allocate(size), size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }

namespace mirrortune::test {

AllocationWatch::AllocationWatch() : held_at_start_(held.load()) {
  largest_one = 0;
  most_held = held_at_start_;
}

std::size_t AllocationWatch::largest() const { return largest_one; }

std::size_t AllocationWatch::peak() const { return most_held - held_at_start_; }

}  // namespace mirrortune::test
