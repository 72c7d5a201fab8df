// The last checkpoints of a run, kept as `step-000120.safetensors`.
import { copyFile, link, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError } from '../system/files.ts';
import { checkpointPath } from './run-files.ts';

const KEPT = /^step-(\d+)\.safetensors$/;

/**
 * Keeps the last checkpoint under its step, as a hard link where the disk supports it, and removes the oldest kept ones beyond
 * `count`.
 * @throws DataError if it cannot be written
 */
export async function keepLast(run: string, step: number, count: number): Promise<void> {
  if (count === 0) return;
  const last = checkpointPath(run, 'last');
  const path = join(run, `step-${String(step).padStart(6, '0')}.safetensors`);
  await rm(path, { force: true });
  const linked = link(last, path).catch(() => copyFile(last, path)); // Not every disk supports hard links.
  await linked.catch((error) => {
    throw writeError(path, error);
  });
  await remove((await keptSteps(run)).slice(0, -count));
}

/** Removes the checkpoints of steps after `step`. */
export async function dropKept(run: string, step: number): Promise<void> {
  await remove((await keptSteps(run)).filter((kept) => kept.step > step));
}

interface Kept {
  readonly step: number;
  readonly path: string;
}

/** Oldest first. */
async function keptSteps(run: string): Promise<Kept[]> {
  const kept = (await readdir(run)).flatMap((name) => {
    const step = KEPT.exec(name)?.[1];
    return step === undefined ? [] : [{ step: Number(step), path: join(run, name) }];
  });
  return kept.sort((a, b) => a.step - b.step);
}

async function remove(kept: readonly Kept[]): Promise<void> {
  await Promise.all(kept.map(({ path }) => rm(path, { force: true })));
}
