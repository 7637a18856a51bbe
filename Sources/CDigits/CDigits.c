#include "CDigits.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char train_images[] = {
#embed "../../data/mnist5k/train-images-idx3-ubyte.gz"
};
static const unsigned char train_labels[] = {
#embed "../../data/mnist5k/train-labels-idx1-ubyte.gz"
};
static const unsigned char test_images[] = {
#embed "../../data/mnist5k/test-images-idx3-ubyte.gz"
};
static const unsigned char test_labels[] = {
#embed "../../data/mnist5k/test-labels-idx1-ubyte.gz"
};

dtrain_embedded_file dtrain_train_images(void) { return (dtrain_embedded_file){train_images, sizeof train_images}; }
dtrain_embedded_file dtrain_train_labels(void) { return (dtrain_embedded_file){train_labels, sizeof train_labels}; }
dtrain_embedded_file dtrain_test_images(void) { return (dtrain_embedded_file){test_images, sizeof test_images}; }
dtrain_embedded_file dtrain_test_labels(void) { return (dtrain_embedded_file){test_labels, sizeof test_labels}; }
