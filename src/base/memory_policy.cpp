#include "base/memory_policy.h"

#include <cstdlib>  // says whether this is glibc

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace mirrortune {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kGrowthBytes = 64 << 20;
  mallopt(M_MMAP_MAX, 0);         // big blocks come from the heap, not from mappings of their own
  mallopt(M_TRIM_THRESHOLD, -1);  // the heap's top is never given back
  mallopt(M_TOP_PAD, kGrowthBytes);
#endif
}

}  // namespace mirrortune
