// How much memory there is.
import { totalmem } from 'node:os';

/** Bytes that the machine has, or that this process may use of them: asked once, since every answer is read from files. */
export const machineMemory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
