// Memory of the machine.
import { totalmem } from 'node:os';

/** Bytes of memory of the machine, or the limit of this process if lower. Determined once, as it is read from files. */
export const machineMemory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
