// Process numbers for tests of locks.

/** Belongs to no process: Linux counts up to 2^22, macOS to 99,999, and Windows uses multiples of 4. */
export const NO_PROCESS = 2 ** 22 + 1;
