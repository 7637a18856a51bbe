// What Swift needs of <hdf5.h>. Functions here exist only for what Swift cannot import: macros that call H5open()
// before naming a global identifier.
#ifndef DTRAIN_CHDF5_H
#define DTRAIN_CHDF5_H

#include <hdf5.h>
#include <hdf5_hl.h>

static inline hid_t dtrain_h5t_native_float(void) { return H5T_NATIVE_FLOAT; }

#endif
