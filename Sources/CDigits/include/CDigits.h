// The bundled digits (data/README.md): four gzipped IDX files, compiled in so that the binary finds them wherever it runs.
#ifndef DTRAIN_CDIGITS_H
#define DTRAIN_CDIGITS_H

#include <stddef.h>

typedef struct {
    const unsigned char *bytes;
    size_t count;
} dtrain_embedded_file;

dtrain_embedded_file dtrain_train_images(void);
dtrain_embedded_file dtrain_train_labels(void);
dtrain_embedded_file dtrain_test_images(void);
dtrain_embedded_file dtrain_test_labels(void);

#endif
