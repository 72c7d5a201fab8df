// A worker thread of the loader: makes one batch after another, and sends the arrays over without a copy.
import { parentPort } from 'node:worker_threads';
import { readImageFileSync } from '../../image/decode.ts';
import { DataError, internal } from '../../tensor/errors.ts';
import { SampleFault } from './assemble.ts';
import type { Answer, Fault, Job, Made } from './job.ts';
import { makeBatch } from './make.ts';

if (!parentPort) throw internal('the worker of the loader was started as a program');
const port = parentPort;

port.on('message', async (job: Job) => {
  try {
    const made = await makeBatch(job, readImageFileSync);
    port.postMessage({ made } satisfies Answer, arraysOf(made));
  } catch (error) {
    port.postMessage({ fault: faultOf(error) } satisfies Answer);
  }
});

function arraysOf({ tensors: { images, softLabels } }: Made): ArrayBuffer[] {
  return [images, ...(softLabels ? [softLabels] : [])].map(({ data }) => data.buffer as ArrayBuffer);
}

/** Errors of other kinds are faults of the program, which end the worker. */
function faultOf(error: unknown): Fault {
  if (!(error instanceof SampleFault)) throw error;
  return { slot: error.slot, message: error.message, isData: error.cause instanceof DataError };
}
