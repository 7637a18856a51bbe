// What Swift needs of <mpi.h>. Functions here exist only for what Swift cannot import: macros that expand to casts of
// library symbols (Open MPI) or of integers (MPICH). The struct gives Swift one name for a handle that is an optional
// pointer in one library and an integer in the other.
#ifndef DTRAIN_CMPI_H
#define DTRAIN_CMPI_H

#include <mpi.h>

typedef struct {
    MPI_Comm value;
} dtrain_mpi_comm;

static inline MPI_Comm dtrain_mpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm dtrain_mpi_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Request dtrain_mpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Errhandler dtrain_mpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline void *dtrain_mpi_in_place(void) { return MPI_IN_PLACE; }
static inline MPI_Datatype dtrain_mpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype dtrain_mpi_uint64(void) { return MPI_UINT64_T; }
static inline MPI_Datatype dtrain_mpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype dtrain_mpi_float(void) { return MPI_FLOAT; }
static inline MPI_Op dtrain_mpi_sum(void) { return MPI_SUM; }
static inline MPI_Op dtrain_mpi_min(void) { return MPI_MIN; }
static inline MPI_Op dtrain_mpi_max(void) { return MPI_MAX; }

#endif
