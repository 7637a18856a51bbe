// Loaded before a program (LD_PRELOAD), counts what its main thread allocates, and appends that to the file ALLOCATIONS as a line when it ends.
