// The machine below Swift: what the build targets and the floating-point control register.
#ifndef DTRAIN_CSYSTEM_H
#define DTRAIN_CSYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Bytes of the widest vector register that the build targets: 64 (AVX-512F), 32 (AVX2) or 16.
///
/// -DDTRAIN_VECTOR_BYTES=64 runs the tiles of AVX-512 on any CPU: slow, the same bits.
static inline int dtrain_vector_bytes(void) {
#if defined(DTRAIN_VECTOR_BYTES)
    return DTRAIN_VECTOR_BYTES;
#elif defined(__AVX512F__)
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

/// Reads a word that another thread or process may write; what that one wrote before it is visible after.
static inline uint32_t dtrain_load_word(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

/// Writes a word that others wait for, and wakes those of them that sleep; `sleepers` is how many do.
void dtrain_store_and_wake(uint32_t *word, uint32_t value, uint32_t *sleepers);

/// Sleeps until `word` is no longer `value`, for at most so many microseconds (futex(2), between processes too). May return
/// early. False where the system has no such call.
bool dtrain_sleep_while(uint32_t *word, uint32_t value, uint32_t *sleepers, uint32_t microseconds);

/// Lets the calling thread, and no other, step back: woken up it waits for its turn (SCHED_BATCH), and it is as nice as said.
void dtrain_step_back(int niceness);

/// Asks for the cache lines of memory that will be read soon, in an order that the CPU cannot foresee.
static inline void dtrain_prefetch_stretch(const void *memory, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)memory + i);
}

/// Asks for the cache lines of memory that will be written soon, for this CPU alone.
static inline void dtrain_prefetch_to_write(void *memory, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((char *)memory + i, 1);
}

/// Takes the cache lines of memory that this CPU has read and another one writes next, by writing what is in them: the first four
/// bytes of each 64 from `memory` on, which nobody else writes meanwhile. The other CPU then fetches each from here as fast as it
/// reads. Writing a line that it wrote before and others have read since would make it wait until all of those have given it up,
/// on two cores without a common cache (Zen 4) line after line, and asking for it ahead (PREFETCHW) did not help there.
static inline void dtrain_take_lines(void *memory, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) {
        volatile uint32_t *word = (volatile uint32_t *)((char *)memory + i);
        *word = *word;
    }
}

/// Fetches the line at `address` into the second-level cache; any address will do.
static inline void dtrain_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/// Asks for pages as large as the system has for what lies whole in `bytes` bytes from `address`: with small ones, large
/// matrices are more pages than a CPU keeps the addresses of.
void dtrain_prefer_huge_pages(void *address, size_t bytes);

/// Makes `bytes` bytes from `address`, both multiples of a large page, large pages at once, shared memory too, whatever the
/// system's settings (MADV_COLLAPSE, Linux 6.1); where it can't, they stay as they are.
void dtrain_join_pages(void *address, size_t bytes);

/// Reads the CPUs that this process may run on, CPU i in bit i; `bytes` is a multiple of 8. False if it cannot be read.
bool dtrain_affinity(uint8_t *mask, size_t bytes);

/// Sets the SSE control and status register of this thread; nothing where the CPU has none. For tests: it does what loading
/// a library built with -ffast-math does.
static inline void dtrain_set_mxcsr(uint32_t value) {
#if defined(__x86_64__)
    _mm_setcsr(value);
#else
    (void)value;
#endif
}

// Swift has no masked loads and stores, and moves the lanes of a part of a vector one by one.

/// Reads `count` ≤ 16 elements of four bytes, and nothing behind them, into the 64 bytes at `target`; the others are zero.
static inline void dtrain_read_lanes_of_4_bytes(const void *source, int count, void *target) {
#if defined(__AVX512F__)
    _mm512_storeu_si512(target, _mm512_maskz_loadu_epi32((__mmask16)((1u << count) - 1), source));
#elif defined(__AVX2__)
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int half = 0; half < 2; half++) {
        __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(count - 8 * half), lanes);
        __m256i value = _mm256_maskload_epi32((const int *)source + 8 * half, mask);
        _mm256_storeu_si256((__m256i *)target + half, value);
    }
#else
    memset(target, 0, 64);
    memcpy(target, source, (size_t)count * 4);
#endif
}

/// The same of `count` ≤ 8 elements of eight bytes.
static inline void dtrain_read_lanes_of_8_bytes(const void *source, int count, void *target) {
#if defined(__AVX512F__)
    _mm512_storeu_si512(target, _mm512_maskz_loadu_epi64((__mmask8)((1u << count) - 1), source));
#elif defined(__AVX2__)
    const __m256i lanes = _mm256_setr_epi64x(0, 1, 2, 3);
    for (int half = 0; half < 2; half++) {
        __m256i mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(count - 4 * half), lanes);
        __m256i value = _mm256_maskload_epi64((const long long *)source + 4 * half, mask);
        _mm256_storeu_si256((__m256i *)target + half, value);
    }
#else
    memset(target, 0, 64);
    memcpy(target, source, (size_t)count * 8);
#endif
}

/// Writes the first `count` ≤ 16 elements of four bytes of the 64 bytes at `source`, and nothing behind them.
static inline void dtrain_write_lanes_of_4_bytes(const void *source, int count, void *target) {
#if defined(__AVX512F__)
    _mm512_mask_storeu_epi32(target, (__mmask16)((1u << count) - 1), _mm512_loadu_si512(source));
#elif defined(__AVX2__)
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int half = 0; half < 2; half++) {
        __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(count - 8 * half), lanes);
        _mm256_maskstore_epi32((int *)target + 8 * half, mask, _mm256_loadu_si256((const __m256i *)source + half));
    }
#else
    memcpy(target, source, (size_t)count * 4);
#endif
}

/// The same of `count` ≤ 8 elements of eight bytes.
static inline void dtrain_write_lanes_of_8_bytes(const void *source, int count, void *target) {
#if defined(__AVX512F__)
    _mm512_mask_storeu_epi64(target, (__mmask8)((1u << count) - 1), _mm512_loadu_si512(source));
#elif defined(__AVX2__)
    const __m256i lanes = _mm256_setr_epi64x(0, 1, 2, 3);
    for (int half = 0; half < 2; half++) {
        __m256i mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(count - 4 * half), lanes);
        __m256i value = _mm256_loadu_si256((const __m256i *)source + half);
        _mm256_maskstore_epi64((long long *)target + 4 * half, mask, value);
    }
#else
    memcpy(target, source, (size_t)count * 8);
#endif
}

// Swift has no shuffle of two vectors, and builds one from elements in twice the instructions.
typedef uint32_t dtrain_4x4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint32_t dtrain_8x4 __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint64_t dtrain_4x8 __attribute__((vector_size(32), aligned(8), may_alias));

/// Copies 16 x 16 elements of four bytes, rows to columns; rows are `stride` elements apart, those of the target
/// `target_stride`.
static inline void dtrain_transpose_16x16_of_4_bytes(
    const void *source, ptrdiff_t stride, void *target, ptrdiff_t target_stride) {
    const uint32_t *from = (const uint32_t *)source;
    uint32_t *to = (uint32_t *)target;
    for (int i = 0; i < 16; i += 8) {
        for (int o = 0; o < 16; o += 4) {
            // Rows i + r and i + r + 4 share a register, so that shuffles stay inside its halves.
            dtrain_8x4 row[4];
            for (int r = 0; r < 4; r++) {
                dtrain_4x4 low = *(const dtrain_4x4 *)(from + (i + r) * stride + o);
                dtrain_4x4 high = *(const dtrain_4x4 *)(from + (i + r + 4) * stride + o);
                row[r] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
            }
            dtrain_8x4 a = __builtin_shufflevector(row[0], row[1], 0, 8, 1, 9, 4, 12, 5, 13);
            dtrain_8x4 b = __builtin_shufflevector(row[0], row[1], 2, 10, 3, 11, 6, 14, 7, 15);
            dtrain_8x4 c = __builtin_shufflevector(row[2], row[3], 0, 8, 1, 9, 4, 12, 5, 13);
            dtrain_8x4 d = __builtin_shufflevector(row[2], row[3], 2, 10, 3, 11, 6, 14, 7, 15);
            uint32_t *column = to + o * target_stride + i;
            *(dtrain_8x4 *)(column) = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13);
            *(dtrain_8x4 *)(column + target_stride) = __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
            *(dtrain_8x4 *)(column + 2 * target_stride) = __builtin_shufflevector(b, d, 0, 1, 8, 9, 4, 5, 12, 13);
            *(dtrain_8x4 *)(column + 3 * target_stride) = __builtin_shufflevector(b, d, 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
}

/// The same of eight bytes.
static inline void dtrain_transpose_16x16_of_8_bytes(
    const void *source, ptrdiff_t stride, void *target, ptrdiff_t target_stride) {
    const uint64_t *from = (const uint64_t *)source;
    uint64_t *to = (uint64_t *)target;
    for (int i = 0; i < 16; i += 4) {
        for (int o = 0; o < 16; o += 4) {
            dtrain_4x8 row[4];
            for (int r = 0; r < 4; r++) row[r] = *(const dtrain_4x8 *)(from + (i + r) * stride + o);
            dtrain_4x8 a = __builtin_shufflevector(row[0], row[1], 0, 4, 2, 6);
            dtrain_4x8 b = __builtin_shufflevector(row[0], row[1], 1, 5, 3, 7);
            dtrain_4x8 c = __builtin_shufflevector(row[2], row[3], 0, 4, 2, 6);
            dtrain_4x8 d = __builtin_shufflevector(row[2], row[3], 1, 5, 3, 7);
            uint64_t *column = to + o * target_stride + i;
            *(dtrain_4x8 *)(column) = __builtin_shufflevector(a, c, 0, 1, 4, 5);
            *(dtrain_4x8 *)(column + target_stride) = __builtin_shufflevector(b, d, 0, 1, 4, 5);
            *(dtrain_4x8 *)(column + 2 * target_stride) = __builtin_shufflevector(a, c, 2, 3, 6, 7);
            *(dtrain_4x8 *)(column + 3 * target_stride) = __builtin_shufflevector(b, d, 2, 3, 6, 7);
        }
    }
}

/// Copies `rows` x `columns` elements of four bytes, at most 16 x 16, rows to columns, and reads no others; the target's rows are
/// 16 wide, filled up with zeros.
static inline void dtrain_transpose_part_of_4_bytes(
    const void *source, ptrdiff_t stride, int rows, int columns, void *target, ptrdiff_t target_stride) {
    const uint32_t *from = (const uint32_t *)source;
    uint32_t block[256];
    uint32_t turned[256];
    for (int r = 0; r < 16; r++) {
        if (r < rows) {
            dtrain_read_lanes_of_4_bytes(from + r * stride, columns, block + 16 * r);
        } else {
            memset(block + 16 * r, 0, 16 * 4);
        }
    }
    dtrain_transpose_16x16_of_4_bytes(block, 16, turned, 16);
    for (int c = 0; c < columns; c++) memcpy((uint32_t *)target + c * target_stride, turned + 16 * c, 16 * 4);
}

/// The same of eight bytes.
static inline void dtrain_transpose_part_of_8_bytes(
    const void *source, ptrdiff_t stride, int rows, int columns, void *target, ptrdiff_t target_stride) {
    const uint64_t *from = (const uint64_t *)source;
    uint64_t block[256];
    uint64_t turned[256];
    for (int r = 0; r < 16; r++) {
        if (r < rows) {
            dtrain_read_lanes_of_8_bytes(from + r * stride, columns < 8 ? columns : 8, block + 16 * r);
            dtrain_read_lanes_of_8_bytes(from + r * stride + 8, columns < 8 ? 0 : columns - 8, block + 16 * r + 8);
        } else {
            memset(block + 16 * r, 0, 16 * 8);
        }
    }
    dtrain_transpose_16x16_of_8_bytes(block, 16, turned, 16);
    for (int c = 0; c < columns; c++) memcpy((uint64_t *)target + c * target_stride, turned + 16 * c, 16 * 8);
}

#endif
