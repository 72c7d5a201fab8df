// Teams of threads running small programs written by hand.
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { nativeTest, nativeTestOn, programFile, toolchain } from '../../../../test/native.ts';
import { EngineError, UsageError } from '../../../base/errors.ts';
import { KERNEL_STACK_BYTES, PROFILE_FLAGS } from '../compiler/contract.ts';
import { openRuntime, type Runtime } from './runtime.ts';

/** Threads take turns at adding up 1 ... size, and wait for each other after each round. Buffer 0: rounds; 1: partial sums; 2: total. */
const sums = programFile(`
  int rounds = buffers[0][0];
  for (int round = 0; round < rounds; round++) {
    buffers[1][me * 32] = me + 1 + round % 7;
    BARRIER();
    if (me == round % pool->size) for (int i = 0; i < pool->size; i++) buffers[2][0] += buffers[1][i * 32];
    BARRIER();
  }`);

/** Buffer 0: milliseconds to work. */
const busy = programFile(`
  struct timespec start, time;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do clock_gettime(CLOCK_MONOTONIC, &time);
  while ((time.tv_sec - start.tv_sec) * 1e3 + (time.tv_nsec - start.tv_nsec) * 1e-6 < buffers[0][0]);`);

const WORKS = 100;
const PIECES = 1000;

/** Counts how often each item of 100 tasks is taken, and last those that thread 0 takes, which sleeps after each chunk. */
const works = programFile(`
  int *counts = (int *)buffers[0];
  for (int work = 0; work < ${WORKS}; work++)
    for (long first, end; pool->take(pool, me, ${PIECES}, 7, &first, &end);) {
      for (long i = first; i < end; i++) __atomic_fetch_add(counts + i, 1, __ATOMIC_RELAXED);
      if (me > 0) continue;
      counts[${PIECES}] += end - first;
      nanosleep(&(struct timespec){0, ((int *)buffers[1])[0]}, NULL);
    }`);

async function compile(runtime: Runtime, file = sums, calls = 0) {
  return (await runtime.compile({ files: [file], calls })).loaded;
}

async function openSums(threads: number, rounds: number) {
  const runtime = await openRuntime(toolchain, threads);
  const memories = [1, threads * 32, 1].map((floats) => runtime.allocate(floats * 4));
  memories[0].floats()[0] = rounds;
  const table = runtime.pointers(memories.map((memory) => ({ memory })));
  return { runtime, table, total: memories[2].floats(), program: await compile(runtime) };
}

async function openWorks(threads: number, sleepNanoseconds = 0) {
  const runtime = await openRuntime(toolchain, threads);
  const memories = [PIECES + 1, 1].map((integers) => runtime.allocate(integers * 4));
  const [counts, sleep] = memories.map((memory) => new Int32Array(memory.arrayBuffer()));
  sleep[0] = sleepNanoseconds;
  const table = runtime.pointers(memories.map((memory) => ({ memory })));
  return { runtime, table, counts: counts, program: await compile(runtime, works) };
}

function expectedSum(threads: number, rounds: number): number {
  let total = 0;
  for (let round = 0; round < rounds; round++) {
    for (let me = 0; me < threads; me++) total += me + 1 + (round % 7);
  }
  return total;
}

async function openBusy(milliseconds: number, threads = 2) {
  const runtime = await openRuntime(toolchain, threads);
  const memory = runtime.allocate(4);
  memory.floats()[0] = milliseconds;
  return { runtime, memory, table: runtime.pointers([{ memory }]), program: await compile(runtime, busy) };
}

const collectGarbage: () => void = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
})();

nativeTest.each([1, 2, 3, 5, 8])(
  '%i threads wait for each other at thousands of barriers',
  async (threads) => {
    const rounds = 4000;
    const { runtime, table, total, program } = await openSums(threads, rounds);
    await program.run(table);
    expect(total[0]).toBe(expectedSum(threads, rounds));
    total[0] = 0;
    program.runSync(table);
    expect(total[0]).toBe(expectedSum(threads, rounds));
    runtime.dispose();
  },
);

nativeTest.each([1, 2, 3, 5])('%i threads take every piece of a work once', async (threads) => {
  const { runtime, table, counts, program } = await openWorks(threads);
  for (let run = 0; run < 3; run++) await program.run(table);
  expect(new Set(counts.subarray(0, PIECES))).toEqual(new Set([3 * WORKS]));
  runtime.dispose();
});

nativeTest('threads that are free take what a slow one has not begun', async () => {
  const { runtime, table, counts, program } = await openWorks(2, 100e3);
  await program.run(table);
  expect(new Set(counts.subarray(0, PIECES))).toEqual(new Set([WORKS]));
  expect(counts[PIECES] / (WORKS * PIECES)).toBeLessThan(0.4);
  runtime.dispose();
});

nativeTest('many short runs each reach every thread', async () => {
  const { runtime, table, total, program } = await openSums(2, 1);
  for (let run = 0; run < 2000; run++) program.runSync(table);
  for (let run = 0; run < 200; run++) await program.run(table);
  expect(total[0]).toBe(2200 * 3);
  runtime.dispose();
});

nativeTest('runs of one runtime follow each other, those of two may overlap', async () => {
  const [one, other] = [await openSums(2, 500), await openSums(3, 500)];
  const runs = Array.from({ length: 20 }, (_, i) =>
    i % 2 ? one.program.run(one.table) : other.program.run(other.table),
  );
  await Promise.all(runs);
  expect([one.total[0], other.total[0]]).toEqual([10 * expectedSum(2, 500), 10 * expectedSum(3, 500)]);
  one.runtime.dispose();
  await other.program.run(other.table);
  other.runtime.dispose();
});

nativeTest('timers go on during a run', async () => {
  const { runtime, table, program } = await openBusy(300);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await program.run(table);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
  runtime.dispose();
});

nativeTest('what is given up during a run is kept until its end, and refused afterwards', async () => {
  const { runtime, memory, table, program } = await openBusy(100);
  const run = program.run(table);
  memory.free();
  program.unload();
  runtime.dispose();
  await run;
  await expect(program.run(table)).rejects.toThrow(EngineError);
  expect(() => memory.floats()).toThrow('this memory was freed');
  expect(() => runtime.allocate(4)).toThrow('this runtime was disposed of');
  expect(() => runtime.load('')).toThrow('this runtime was disposed of');
});

nativeTest('a run with a freed buffer is refused', async () => {
  const { runtime, memory, table, program } = await openBusy(1);
  memory.free();
  await expect(program.run(table)).rejects.toThrow('this memory was freed');
  expect(() => program.runSync(table)).toThrow('this memory was freed');
  runtime.dispose();
  runtime.dispose();
});

nativeTest('memory is aligned, zero at first, and harmless after it was freed', async () => {
  const runtime = await openRuntime(toolchain, 1);
  for (const bytes of [1, 4, 100, 1 << 20, (2 << 20) + 4, 10e6]) {
    const memory = runtime.allocate(bytes);
    expect(memory.address % (bytes > 2 << 20 ? 2n << 20n : 64n)).toBe(0n);
    const floats = memory.floats();
    expect(floats.length).toBe(Math.floor(bytes / 4));
    expect(floats.every((value) => value === 0)).toBe(true);
    floats.fill(1);
    memory.free();
    expect([0, 1, undefined]).toContain(floats[0]);
  }
  runtime.dispose();
});

nativeTest('memory beyond 4 GiB can be written and read', async ({ skip }) => {
  if (totalmem() < 2 ** 33) skip('this machine has less than 8 GiB');
  const runtime = await openRuntime(toolchain, 1);
  const memory = runtime.allocate(5 * 2 ** 30);
  const end = 5 * 2 ** 30 - 8;
  memory.part(end, 8).set([1, 2, 3, 4]);
  memory.part(0, 4).fill(9);
  expect([...memory.part(end, 8)]).toEqual([1, 2, 3, 4, 0, 0, 0, 0]);
  memory.free();
  expect(() => memory.part(0, 4)).toThrow('this memory was freed');
  runtime.dispose();
});

nativeTest('more memory than the machine has is refused', async () => {
  const runtime = await openRuntime(toolchain, 1);
  expect(() => runtime.allocate(totalmem() + 1)).toThrow(
    /could not allocate .* GiB \(there are .* GiB in all\)/,
  );
  runtime.dispose();
});

nativeTest('parts of memory are passed by their offset', async () => {
  const runtime = await openRuntime(toolchain, 1);
  const memory = runtime.allocate(1024);
  const table = runtime.pointers([{ memory, offset: 64 }]);
  const program = await compile(runtime, programFile('buffers[0][0] += 1;'));
  program.runSync(table);
  table.set(0, { memory, offset: 128 });
  program.runSync(table);
  expect([0, 16, 32].map((i) => memory.floats()[i])).toEqual([0, 1, 1]);
  expect(() => table.set(0, { memory, offset: 1024 })).toThrow(UsageError);
  expect(() => table.set(1, { memory })).toThrow('the table has 1 buffers');
  runtime.dispose();
});

nativeTest('wrong sizes and numbers of threads are refused', async () => {
  await expect(openRuntime(toolchain, 0)).rejects.toThrow('threads must be an integer from 1');
  await expect(openRuntime(toolchain, 1.5)).rejects.toThrow(UsageError);
  const runtime = await openRuntime(toolchain, 1);
  expect(() => runtime.allocate(0)).toThrow(UsageError);
  expect(() => runtime.allocate(2 ** 52)).toThrow(/could not allocate .* GiB/);
  runtime.dispose();
});

nativeTest('a file that is no program is refused with the reason', async () => {
  const runtime = await openRuntime(toolchain, 1);
  expect(() => runtime.load('/nowhere/program.so')).toThrow(/does not load \(dlopen: .*nowhere/);
  expect(() => runtime.load(import.meta.filename)).toThrow(EngineError);
  const { built } = await runtime.compile({ files: [programFile('')] });
  expect(built.milliseconds).toBeGreaterThan(0);
  runtime.dispose();
});

nativeTest('marked calls are timed if the program is compiled for it', async () => {
  const body =
    'for (int i = 0; i < 3; i++) { if (i == 1) nanosleep(&(struct timespec){0, 5000000}, 0); MARK(i); }';
  const runtime = await openRuntime(toolchain, 2);
  const table = runtime.pointers([]);
  const program = await compile(runtime, programFile(body, PROFILE_FLAGS), 3);
  for (let run = 0; run < 3; run++) await program.run(table);
  const [before, slept, after] = program.profile();
  expect(slept.total).toBeGreaterThan(14e6);
  expect(slept.total).toBeGreaterThan(before.total + after.total);
  program.clearProfile();
  const nothing = Array(3).fill({ total: 0, waiting: 0 });
  expect(program.profile()).toEqual(nothing);
  const unmarked = await compile(runtime, programFile(body), 3);
  await unmarked.run(table);
  expect(unmarked.profile()).toEqual(nothing);
  expect((await compile(runtime, programFile(body, PROFILE_FLAGS))).profile()).toEqual([]);
  runtime.dispose();
});

nativeTest('what threads wait for each other counts to the call that keeps them waiting', async () => {
  const sleep = (milliseconds: number) => `nanosleep(&(struct timespec){0, ${milliseconds}000000}, 0);`;
  const body = `
    if (me == 0) ${sleep(20)}
    BARRIER();
    MARK(0);
    ${sleep(5)}
    MARK(1);
    if (me == 1) ${sleep(30)}
    MARK_LAST(2);`;
  const runtime = await openRuntime(toolchain, 2);
  const program = await compile(runtime, programFile(body, PROFILE_FLAGS), 3);
  await program.run(runtime.pointers([]));
  const [first, even, last] = program.profile().map(({ waiting }) => waiting);
  expect(first).toBeGreaterThan(5e6); // 10e6 on an idle machine: the mean of both threads.
  expect(even).toBe(0);
  expect(last).toBeGreaterThan(7e6); // 15e6
  runtime.dispose();
});

nativeTest('kernels have the stack that they were promised, on every thread', async () => {
  const runtime = await openRuntime(toolchain, 3);
  const memory = runtime.allocate(12);
  const floats = KERNEL_STACK_BYTES / 4;
  const body = `volatile float scratch[${floats}];
    for (int i = 0; i < ${floats}; i++) scratch[i] = 1;
    for (int i = 0; i < ${floats}; i++) buffers[0][me] += scratch[i];`;
  const program = await compile(runtime, programFile(body));
  await program.run(runtime.pointers([{ memory }]));
  expect([...memory.floats()]).toEqual([floats, floats, floats]);
  runtime.dispose();
});

nativeTest('tiny numbers count as zero in a step and nowhere else', async () => {
  const runtime = await openRuntime(toolchain, 2);
  const memory = runtime.allocate(8);
  const table = runtime.pointers([{ memory }]);
  const program = await compile(runtime, programFile('buffers[0][me] *= 0.5f;'));
  memory.floats().fill(1.5e-38);
  program.runSync(table);
  expect([...memory.floats()]).toEqual([0, 0]);
  expect(1e-310 * 0.5).toBe(5e-311);
  runtime.dispose();
});

nativeTest('twenty programs come and go and leave no memory behind', async () => {
  const cycle = async () => {
    const { runtime, program, table } = await openSums(availableParallelism(), 1);
    runtime.allocate(20e6).floats().fill(1);
    await program.run(table);
    runtime.dispose();
  };
  await cycle();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20; i++) await cycle();
  expect(process.memoryUsage().rss - before).toBeLessThan(30e6);
});

nativeTestOn({ platform: 'linux' })('an unloaded program is out of the process', async () => {
  const runtime = await openRuntime(toolchain, 2);
  const { built, loaded } = await runtime.compile({ files: [sums] });
  const isMapped = () => readFileSync('/proc/self/maps', 'utf8').includes(built.path);
  expect(isMapped()).toBe(true);
  loaded.unload();
  expect(isMapped()).toBe(false);
  runtime.dispose();
});

nativeTest('memory that was forgotten is given back, but not while its numbers are in use', async () => {
  const runtime = await openRuntime(toolchain, 1);
  const fill = () => runtime.allocate(100e6).floats().fill(1);
  let floats: Float32Array | undefined = fill();
  fill();
  const used = process.memoryUsage().rss;
  const given = async () => {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
    return used - process.memoryUsage().rss;
  };
  await expect.poll(given, { timeout: 5000 }).toBeGreaterThan(80e6);
  expect(await given()).toBeLessThan(180e6);
  expect(floats[1000]).toBe(1);
  floats = undefined;
  await expect.poll(given, { timeout: 5000 }).toBeGreaterThan(180e6);
  runtime.dispose();
});
