// A worker thread of the loader: prepares one batch after another in shared memory.
import { parentPort } from 'node:worker_threads';
import { DataError, internal } from '../../base/errors.ts';
import { readImageFileSync } from '../../image/decode.ts';
import { SampleError } from './assemble.ts';
import type { Answer, Fault, Job } from './job.ts';
import { makeBatch } from './make.ts';

if (!parentPort) throw internal('the worker of the loader was started as a program');
const port = parentPort;
let buffer = new SharedArrayBuffer(0);

port.on('message', async (job: Job) => {
  try {
    const made = await makeBatch(job, readImageFileSync, allocateShared);
    port.postMessage({ made } satisfies Answer);
  } catch (error) {
    port.postMessage({ fault: faultOf(error) } satisfies Answer);
  }
});

/** The same array for every batch: the main thread copies it before it sends the next job. */
function allocateShared(length: number): Float32Array {
  const bytes = length * Float32Array.BYTES_PER_ELEMENT;
  if (buffer.byteLength < bytes) buffer = new SharedArrayBuffer(bytes);
  return new Float32Array(buffer, 0, length);
}

/** Errors of other kinds are bugs, which end the worker. */
function faultOf(error: unknown): Fault {
  if (!(error instanceof SampleError)) throw error;
  return { slot: error.slot, message: error.message, isData: error.cause instanceof DataError };
}
