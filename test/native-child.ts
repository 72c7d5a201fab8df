// Scenes of a process that uses the native runtime, for tests of how it ends: node FILE SCENE
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CONTRACT } from '../src/engines/native/compiler/contract.ts';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { buildLibrary } from '../src/engines/native/toolchain/build.ts';
import { findToolchain } from '../src/engines/native/toolchain/toolchain.ts';
import { createModel } from '../src/models/index.ts';
import { prepare } from './prepared.ts';

const THREADS = 3;
const [BRIEF, LONG] = [10, 700];

/** Threads meet again and again; the first number of buffer 0 says how long, in milliseconds, the second is theirs. */
const SOURCE = `#include <time.h>
${CONTRACT}
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}
void fovea_step(struct pool *pool, int me, float *const *buffers) {
  double start = now();
  do {
    BARRIER();
    if (me == 0) buffers[0][1] = now() - start < buffers[0][0];
    BARRIER();
  } while (buffers[0][1] == 1);
}
`;

async function openProgram() {
  const toolchain = await findToolchain();
  const runtime = await openRuntime(toolchain, THREADS);
  const memory = runtime.allocate(8);
  const { loaded: program } = await runtime.compile({ files: [{ name: 'scene', source: SOURCE }] });
  const table = runtime.pointers([{ memory }]);
  return (milliseconds: number) => {
    memory.floats()[0] = milliseconds;
    return program.run(table);
  };
}

async function startLongRun(): Promise<void> {
  const run = await openProgram();
  await run(BRIEF);
  void run(LONG);
  await wait(50);
  console.log('running');
}

/** Steps of LeNet-5 without end, on the whole engine. */
async function startTraining(): Promise<void> {
  const engine = nativeEngine(await openRuntime(await findToolchain(), THREADS));
  const { trainProgram, state, feedsOf } = prepare(engine, createModel('lenet5'), 256);
  const executable = await engine.compile(trainProgram, state);
  const feeds = feedsOf(trainProgram);
  const train = async () => {
    for (;;) await executable.run(feeds);
  };
  void train();
  await wait(20);
  console.log('running');
}

const scenes: Record<string, () => Promise<void>> = {
  async 'ends while threads sleep'() {
    const run = await openProgram();
    await run(BRIEF);
  },
  async 'ends by itself after a run that nobody awaits'() {
    await startLongRun();
  },
  async 'exits while threads sleep'() {
    const run = await openProgram();
    await run(BRIEF);
    process.exit(3);
  },
  async 'exits during a run'() {
    await startLongRun();
    process.exit(3);
  },
  async 'throws during a run'() {
    await startLongRun();
    setTimeout(() => {
      throw new Error('on purpose');
    });
  },
  async 'is interrupted during a run'() {
    await startLongRun();
  },
  async 'handles an interrupt during a run'() {
    process.on('SIGINT', () => process.exit(130));
    await startLongRun();
  },
  async 'exits during training'() {
    await startTraining();
    process.exit(3);
  },
  async 'throws during training'() {
    await startTraining();
    setTimeout(() => {
      throw new Error('on purpose');
    });
  },
  async 'is interrupted during training'() {
    await startTraining();
  },
  async 'terminates a worker during its run'() {
    const run = await openProgram();
    const worker = new Worker(new URL(import.meta.url), { workerData: 'long run' });
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    await run(BRIEF);
  },
  async 'long run'() {
    await startLongRun();
    parentPort?.postMessage('running');
  },
  async 'builds a library'() {
    const { path } = await buildLibrary({
      toolchain: await findToolchain(),
      files: [{ name: 'scene', source: SOURCE }],
    });
    console.log(path);
  },
};

await scenes[isMainThread ? process.argv[2] : workerData]();
