#define _GNU_SOURCE
#include "CSystem.h"

#if defined(__linux__)
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#endif

void dtrain_store_and_wake(uint32_t *word, uint32_t value, uint32_t *sleepers) {
    // Both sequentially consistent, as is the sleeper's side: either we see the sleeper, or it sees the new value.
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
#if defined(__linux__)
    if (__atomic_load_n(sleepers, __ATOMIC_SEQ_CST) != 0) syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
#endif
}

bool dtrain_sleep_while(uint32_t *word, uint32_t value, uint32_t *sleepers, uint32_t microseconds) {
#if defined(__linux__)
    struct timespec limit = {.tv_sec = microseconds / 1000000, .tv_nsec = (long)(microseconds % 1000000) * 1000};
    __atomic_fetch_add(sleepers, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value)
        syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
    __atomic_fetch_sub(sleepers, 1, __ATOMIC_SEQ_CST);
    return true;
#else
    return false;
#endif
}

void dtrain_step_back(int niceness) {
#if defined(__linux__)
    // Nothing but speed depends on either.
    struct sched_param parameters = {0};
    (void)sched_setscheduler(0, SCHED_BATCH, &parameters);
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), niceness);
#else
    (void)niceness;
#endif
}

void dtrain_prefer_huge_pages(void *address, size_t bytes) {
#if defined(MADV_HUGEPAGE)
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)address + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)address + bytes) / page * page;
    // Nothing but speed depends on it.
    if (first < end) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)address;
    (void)bytes;
#endif
}

void dtrain_join_pages(void *address, size_t bytes) {
#if defined(__linux__)
    // Headers older than the kernel don't name it. Nothing but speed depends on it.
    const int collapse = 25;
    (void)madvise(address, bytes, collapse);
#else
    (void)address;
    (void)bytes;
#endif
}

bool dtrain_affinity(uint8_t *mask, size_t bytes) {
#if defined(__linux__)
    return sched_getaffinity(0, bytes, (cpu_set_t *)mask) == 0;
#else
    return false;
#endif
}
