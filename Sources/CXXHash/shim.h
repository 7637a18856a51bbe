// What Swift needs of <xxhash.h>: XXH3_64bits imports as it is.
#ifndef DTRAIN_CXXHASH_H
#define DTRAIN_CXXHASH_H

#include <xxhash.h>

#endif
