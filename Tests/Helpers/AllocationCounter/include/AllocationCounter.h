// Loaded before a program (LD_PRELOAD), counts what it allocates, and appends that to the file ALLOCATIONS as a line when it ends.
