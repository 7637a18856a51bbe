// The machine below Swift: what the build targets and the floating-point control register.
#ifndef DTRAIN_CSYSTEM_H
#define DTRAIN_CSYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/// Bytes of the widest vector register that the build targets: 64 (AVX-512F), 32 (AVX2) or 16.
static inline int dtrain_vector_bytes(void) {
#if defined(__AVX512F__)
    return 64;
#elif defined(__AVX2__)
    return 32;
#else
    return 16;
#endif
}

/// Whether the build targets fused multiply-add instructions; without them Swift calls fmaf, right but slow.
static inline bool dtrain_has_fma(void) {
#if defined(__FMA__) || defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

/// The SSE control and status register; 0 where the CPU has none.
static inline uint32_t dtrain_mxcsr(void) {
#if defined(__x86_64__)
    return _mm_getcsr();
#else
    return 0;
#endif
}

/// √x, rounded once as IEEE 754 says. Swift's `squareRoot()` becomes a call that may set errno, which no loop vectorises;
/// this is the bare instruction.
static inline float dtrain_square_root_float(float x) { return __builtin_elementwise_sqrt(x); }
static inline double dtrain_square_root_double(double x) { return __builtin_elementwise_sqrt(x); }

/// Tells the CPU that this thread is waiting for a change of memory.
static inline void dtrain_pause(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Reads the CPUs that this process may run on, CPU i in bit i; `bytes` is a multiple of 8. False if it cannot be read.
bool dtrain_affinity(uint8_t *mask, size_t bytes);

#endif
