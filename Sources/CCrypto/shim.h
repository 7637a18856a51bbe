// What Swift needs of libcrypto: the EVP digest interface.
#ifndef DTRAIN_CCRYPTO_H
#define DTRAIN_CCRYPTO_H

#include <openssl/evp.h>

#endif
