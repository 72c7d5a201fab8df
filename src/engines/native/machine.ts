// Measures what this machine can do at most, as the yardstick for the speed of programs.
import { join } from 'node:path';
import type { MachinePeak } from '../instruments.ts';
import { CONTRACT } from './compiler/contract.ts';
import type { MemoryPart } from './runtime/memory.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { SourceFile } from './toolchain/build.ts';
import { readRecord, writeRecord } from './toolchain/records.ts';
import { keyOf, nativeCacheFolder } from './toolchain/store.ts';
import type { Vector } from './toolchain/toolchain.ts';

/** Arithmetic of one run, per thread: some 10 milliseconds. */
const OPERATIONS = 1e9;
const ARITHMETIC_RUNS = 10;
/** Far larger than caches, in floats. */
const ARRAY_FLOATS = 1 << 24;
const MEMORY_RUNS = 4;
/** Floats between the results of two threads. */
const RESULT_FLOATS = 1024;

/**
 * The machine's peak with the runtime's threads and flags: the best of a measurement, which takes half a second, and those
 * before, because a machine that is busy with other work shows less than it can.
 * @param folder where the best is remembered
 */
export async function measureMachine(runtime: Runtime, folder = nativeCacheFolder()): Promise<MachinePeak> {
  const { cpu, version, flags } = runtime.toolchain;
  const path = join(folder, `machine-${keyOf([cpu, version, ...flags, String(runtime.threads)])}.json`);
  const known = peakIn(await readRecord(path).catch(() => undefined));
  const best = {
    gflops: Math.max(known.gflops, await measureArithmetic(runtime, folder)),
    gigabytesPerSecond: Math.max(known.gigabytesPerSecond, await measureMemory(runtime, folder)),
  };
  await writeRecord(path, best).catch(() => {}); // Without a writable cache, measurements are forgotten.
  return best;
}

/** Zeros where nothing is known. */
function peakIn(record: unknown): MachinePeak {
  const { gflops, gigabytesPerSecond } = (record ?? {}) as Partial<MachinePeak>;
  const known = (value: unknown) => (typeof value === 'number' && value > 0 ? value : 0);
  return { gflops: known(gflops), gigabytesPerSecond: known(gigabytesPerSecond) };
}

async function measureArithmetic(runtime: Runtime, folder: string): Promise<number> {
  const { vector } = runtime.toolchain;
  const sums = sumsFor(vector);
  const rounds = Math.round(OPERATIONS / (sums * vector.lanes * 2));
  const memory = runtime.allocate((runtime.threads + 1) * RESULT_FLOATS * 4);
  memory.floats().fill(0.5);
  const seconds = await bestTime(
    runtime,
    folder,
    arithmeticSource(vector, rounds),
    [{ memory }],
    ARITHMETIC_RUNS,
  );
  memory.free();
  return (rounds * sums * vector.lanes * 2 * runtime.threads) / seconds / 1e9;
}

/** Independent sums: enough to hide the latency of every unit, with registers left for the two factors. */
function sumsFor({ registers }: Vector): number {
  return registers - 4;
}

function arithmeticSource(vector: Vector, rounds: number): SourceFile {
  const names = Array.from({ length: sumsFor(vector) }, (_, i) => `s${i}`);
  const source = `${CONTRACT}
typedef float vector __attribute__((vector_size(${vector.lanes * 4})));
void fovea_step(struct pool *pool, int me, float *const *buffers) {
  vector *result = (vector *)(buffers[0] + (me + 1) * ${RESULT_FLOATS});
  vector a = *(vector *)buffers[0], b = a, ${names.map((name, i) => `${name} = result[${i}]`).join(', ')};
  for (long i = 0; i < ${rounds}; i++) {
    ${names.map((name) => `${name} = ${name} * a + b;`).join(' ')}
  }
  ${names.map((name, i) => `result[${i}] = ${name};`).join(' ')}
}
`;
  return { name: 'arithmetic', source };
}

async function measureMemory(runtime: Runtime, folder: string): Promise<number> {
  const parts = Array.from({ length: 3 }, () => ({ memory: runtime.allocate(ARRAY_FLOATS * 4) }));
  const seconds = await bestTime(runtime, folder, MEMORY_SOURCE, parts, MEMORY_RUNS);
  for (const { memory } of parts) memory.free();
  return (9 * ARRAY_FLOATS * 4) / seconds / 1e9;
}

/** Each array is written in turn: pages that were never written would be read from the cache. */
const MEMORY_SOURCE: SourceFile = {
  name: 'memory',
  source: `${CONTRACT}
static void combine(float *restrict a, const float *restrict b, const float *restrict c, long from, long to) {
  for (long i = from; i < to; i++) a[i] = b[i] + 0.5f * c[i];
}
void fovea_step(struct pool *pool, int me, float *const *buffers) {
  long from = ${ARRAY_FLOATS}L * me / pool->size, to = ${ARRAY_FLOATS}L * (me + 1) / pool->size;
  for (int i = 0; i < 3; i++) combine(buffers[i], buffers[(i + 1) % 3], buffers[(i + 2) % 3], from, to);
}
`,
};

/** Seconds of the fastest of `runs` runs, after one that does not count. */
async function bestTime(
  runtime: Runtime,
  folder: string,
  file: SourceFile,
  parts: readonly MemoryPart[],
  runs: number,
): Promise<number> {
  const { loaded: program } = await runtime.compile({ files: [file], folder });
  const table = runtime.pointers(parts);
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    await program.run(table);
    if (run > 0) best = Math.min(best, performance.now() - start);
  }
  program.unload();
  table.free();
  return best / 1e3;
}
