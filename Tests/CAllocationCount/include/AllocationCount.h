#pragma once

// Counts what threads allocate: the functions of malloc's family, defined here, count and pass on to glibc's own. They
// stand in the executable that this is linked into, a test's, and so come before those of every library. Where there is
// no glibc, or a sanitizer has functions of its own, nothing is replaced and nothing counted.

/// Whether allocations are counted here.
int allocation_count_works(void);

/// Adds 1 to `counter` for every allocation of the calling thread from now on; null ends it.
void allocation_count_begin(long *counter);
