/// Read by AddressSanitizer at the start: short stacks of allocations and a small quarantine, a third less
/// time.
extern "C" const char* __asan_default_options();
const char* __asan_default_options() { return "malloc_context_size=3:quarantine_size_mb=8"; }
