#pragma once

namespace mirrortune::detail {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
/// Without fused operations: these would change bits.
template <class Body>
[[gnu::target("avx2"), gnu::flatten, gnu::noinline]] auto in_avx2_code(Body& body) {
  return body();
}
inline const bool kHasAvx2 = __builtin_cpu_supports("avx2");
#endif

/// body(), compiled for AVX2 too, with all that it calls and that can be inlined, and run so where the
/// processor has it. The bits are the same: vector code rounds as scalar code does, and sums keep their
/// order.
template <class Body>
auto in_vector_code(Body body) {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  if (kHasAvx2) return in_avx2_code(body);
#endif
  return body();
}

}  // namespace mirrortune::detail
