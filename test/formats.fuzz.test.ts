// Damaged weight files are refused with an error of ours, in time and memory that their size allows.
// `npm run fuzz` reads 100 000 files, or as many as FOVEA_FUZZ says; otherwise as many as a few seconds allow.
import { expect, test } from 'vitest';
import { openTensorSource } from '../src/formats/open.ts';
import { memorySource } from '../src/formats/source.ts';
import { readAll } from '../src/formats/tensor-file.ts';
import { DataError } from '../src/tensor/errors.ts';
import { type FuzzedFile, fuzzedFile } from './formats.fuzz.ts';

const isLong = process.env.MODE === 'fuzz';
const MAX_FILES = isLong ? Number(process.env.FOVEA_FUZZ ?? 100_000) : Number.POSITIVE_INFINITY;
const MAX_MS = isLong ? Number.POSITIVE_INFINITY : 8000;
/** For one file of a few kilobytes, on a machine that does other things, too. */
const MAX_MS_PER_FILE = 2000;
const MAX_BYTES_PER_FILE = 32 * 2 ** 20;

/** What happened when a file was read; throws if it was anything but the tensors or a DataError. */
async function outcomeOf({ name, bytes }: FuzzedFile): Promise<'read' | 'refused'> {
  try {
    await readAll(await openTensorSource(memorySource(bytes, name)));
    return 'read';
  } catch (error) {
    if (error instanceof DataError && error.message.startsWith(`${name}: `)) return 'refused';
    throw new Error(`"${name}" ended in ${(error as Error).stack}`, { cause: error });
  }
}

test('damaged files are read or refused, in bounded time and memory', { timeout: 3_600_000 }, async () => {
  const started = Date.now();
  const counts = { read: 0, refused: 0 };
  let slowest = 0;
  let largest = 0;
  let files = 0;
  for (; files < MAX_FILES && Date.now() - started < MAX_MS; files++) {
    const file = await fuzzedFile(files);
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    counts[await outcomeOf(file)]++;
    const milliseconds = performance.now() - start;
    const bytes = process.memoryUsage().arrayBuffers - before;
    expect(milliseconds, `time for "${file.name}"`).toBeLessThan(MAX_MS_PER_FILE);
    expect(bytes, `memory for "${file.name}"`).toBeLessThan(MAX_BYTES_PER_FILE);
    slowest = Math.max(slowest, milliseconds);
    largest = Math.max(largest, bytes);
  }
  console.info(
    `${files} damaged weight files: ${counts.read} read, ${counts.refused} refused; ` +
      `at most ${slowest.toFixed(0)} ms and ${(largest / 2 ** 20).toFixed(1)} MiB for one.`,
  );
  expect(counts.read).toBeGreaterThan(0);
  expect(counts.refused).toBeGreaterThan(counts.read);
});
