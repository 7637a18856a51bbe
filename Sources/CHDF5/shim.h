// What Swift needs of <hdf5.h> and its dimension scales. Functions here exist only for what Swift cannot import: macros
// that call H5open() before naming a global identifier or a constant, and constants with casts.
#ifndef DTRAIN_CHDF5_H
#define DTRAIN_CHDF5_H

#include <hdf5.h>
#include <hdf5_hl.h>

static inline hid_t dtrain_h5t_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t dtrain_h5t_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t dtrain_h5t_int64(void) { return H5T_STD_I64LE; }
static inline hid_t dtrain_h5t_uint64(void) { return H5T_STD_U64LE; }
static inline hid_t dtrain_h5t_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t dtrain_h5t_int32(void) { return H5T_STD_I32LE; }
static inline hid_t dtrain_h5t_object_reference(void) { return H5T_STD_REF_OBJ; }
static inline hid_t dtrain_h5t_c_string(void) { return H5T_C_S1; }

static inline unsigned dtrain_h5f_truncate(void) { return H5F_ACC_TRUNC; }
static inline ssize_t dtrain_h5f_open_objects(void) { return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL); }

static inline hid_t dtrain_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t dtrain_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t dtrain_h5p_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t dtrain_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }

// H5Lget_info is a macro from HDF5 1.12 on. The type of a link, or a negative number; the bytes of what it points to.
static inline int dtrain_h5l_type(hid_t group, const char *name, size_t *byte_count) {
    H5L_info_t info;
    herr_t status = H5Lget_info(group, name, &info, H5P_DEFAULT);
    if (status < 0) return status;
    *byte_count = info.type == H5L_TYPE_HARD ? 0 : info.u.val_size;
    return info.type;
}

#endif
