// What Swift needs of <mpi.h>. Functions here exist only for what Swift cannot import: macros that expand to
// casts of library symbols (Open MPI) or of integers (MPICH).
#ifndef DTRAIN_CMPI_H
#define DTRAIN_CMPI_H

#include <mpi.h>

static inline MPI_Comm dtrain_mpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm dtrain_mpi_comm_null(void) { return MPI_COMM_NULL; }

#endif
