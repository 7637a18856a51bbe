// What Swift needs of <cblas.h>: every name of it imports as it is.
#ifndef DTRAIN_CBLAS_H
#define DTRAIN_CBLAS_H

#include <cblas.h>

#endif
