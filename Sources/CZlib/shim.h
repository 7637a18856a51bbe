// What Swift needs of <zlib.h>: every name of it imports as it is.
#ifndef DTRAIN_CZLIB_H
#define DTRAIN_CZLIB_H

#include <zlib.h>

#endif
