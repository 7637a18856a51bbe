#define _GNU_SOURCE
#include "CSystem.h"

#if defined(__linux__)
#include <sched.h>
#endif

bool dtrain_affinity(uint8_t *mask, size_t bytes) {
#if defined(__linux__)
    return sched_getaffinity(0, bytes, (cpu_set_t *)mask) == 0;
#else
    return false;
#endif
}
