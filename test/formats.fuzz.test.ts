// Damaged and hostile weight files are read or refused with an error of ours, in time and memory that their size allows.
// FOVEA_FUZZ and FOVEA_FUZZ_LARGE say how many small and large ones: a number, or FROM-TO for the files of these numbers
// (`npm run fuzz` sets both). Without them, as many as a few seconds allow.
import { expect, test } from 'vitest';
import { DataError } from '../src/base/errors.ts';
import { openTensorSource } from '../src/formats/open.ts';
import { memorySource } from '../src/formats/source.ts';
import { readAll } from '../src/formats/tensor-file.ts';
import { type FuzzedFile, fuzzedFile } from './formats.fuzz.ts';
import { largeFile } from './formats.large.ts';

const { FOVEA_FUZZ, FOVEA_FUZZ_LARGE } = process.env;
const MEBIBYTE = 2 ** 20;
/** Seconds of processor time for one file, on a machine that does other things, too. */
const MAX_SECONDS = 1;
/** Memory for one file beyond that of its elements as float32. */
const MAX_BYTES = 512 * MEBIBYTE;

interface Range {
  readonly from: number;
  readonly to: number;
}

const unlimited: Range = { from: 0, to: Infinity };

function rangeOf(text: string): Range {
  const [first, last] = text.split('-').map(Number) as [number, number?];
  return last === undefined ? { from: 0, to: first } : { from: first, to: last };
}

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

interface Cost {
  readonly seconds: number;
  /** How far the memory of the process went beyond what it was before, unless an earlier file took more. */
  readonly bytes: number;
}

async function costOf(run: () => Promise<unknown>): Promise<Cost> {
  const peakBefore = process.resourceUsage().maxRSS;
  const before = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS;
  return { seconds: (user + system) / 1e6, bytes: peak > peakBefore ? peak * 1024 - before : 0 };
}

/** Reads the files of a range until the time is over, and says what became of them. */
async function readFiles(
  make: (index: number) => Promise<FuzzedFile>,
  { from, to }: Range,
  maxMs = Infinity,
) {
  const started = Date.now();
  const counts = { read: 0, refused: 0 };
  let [seconds, bytes, index] = [0, 0, from];
  for (; index < to && Date.now() - started < maxMs; index++) {
    const file = await make(index);
    const cost = await costOf(async () => {
      counts[await outcomeOf(file)]++;
    });
    // What the collector does in the time of one file may be for others: only a file that repeats it is slow.
    const again = cost.seconds < MAX_SECONDS ? cost : await costOf(() => outcomeOf(file));
    expect(again.seconds, `seconds for "${file.name}"`).toBeLessThan(MAX_SECONDS);
    expect(cost.bytes, `memory for "${file.name}"`).toBeLessThan(MAX_BYTES + 2 * file.bytes.length);
    seconds = Math.max(seconds, Math.min(cost.seconds, again.seconds));
    bytes = Math.max(bytes, cost.bytes);
  }
  console.info(
    `${from} to ${index}: ${counts.read} read, ${counts.refused} refused; at most ${seconds.toFixed(2)} s of processor ` +
      `time and ${(bytes / MEBIBYTE).toFixed(0)} MiB for one.`,
  );
  return counts;
}

test('damaged files are read or refused, in bounded time and memory', { timeout: 36_000_000 }, async () => {
  const range = FOVEA_FUZZ ? rangeOf(FOVEA_FUZZ) : unlimited;
  const counts = await readFiles(fuzzedFile, range, FOVEA_FUZZ ? Infinity : 6000);
  if (range.to - range.from < 1000) return;
  expect(counts.read).toBeGreaterThan(0);
  expect(counts.refused).toBeGreaterThan(counts.read);
});

test('large files are read or refused, in bounded time and memory', { timeout: 36_000_000 }, async () => {
  const range = FOVEA_FUZZ_LARGE ? rangeOf(FOVEA_FUZZ_LARGE) : unlimited;
  await readFiles(largeFile, range, FOVEA_FUZZ_LARGE ? Infinity : 3000);
});
