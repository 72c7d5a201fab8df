// How much memory there is.
import { totalmem } from 'node:os';

/** Bytes of memory of the machine, or this process's limit if lower: determined once, since it is read from files. */
export const machineMemory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
