// The native engine's memory: none is lost by steps, and all comes back from programs that are disposed of.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { nativeEngine } from '../src/engines/native/index.ts';
import { openRuntime } from '../src/engines/native/runtime/runtime.ts';
import { createModel } from '../src/models/index.ts';
import { nativeTest, toolchain } from './native.ts';
import { lossesOf, prepare } from './prepared.ts';

const MEGABYTE = 1e6;
const model = createModel('lenet5');

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes that the process holds after its garbage has been collected. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss();
}

nativeTest('a thousand steps need no more memory than the first hundred', async () => {
  const runtime = await openRuntime(toolchain, 2);
  const engine = nativeEngine(runtime);
  const { trainProgram, state, feedsOf } = prepare(engine, model, 8);
  const executable = await engine.compile(trainProgram, state);
  const feeds = feedsOf(trainProgram);
  await lossesOf(executable, feeds, 100);
  const before = await heldBytes();
  await lossesOf(executable, feeds, 1000);
  expect((await heldBytes()) - before).toBeLessThan(15 * MEGABYTE); // one batch a step would be 32
  runtime.dispose();
});

nativeTest('twenty programs that were disposed of have given their memory back', async () => {
  const runtime = await openRuntime(toolchain, 2);
  const engine = nativeEngine(runtime);
  const { trainProgram, feedsOf } = prepare(engine, model, 64);
  const feeds = feedsOf(trainProgram);
  const cycle = async () => {
    const state = engine.createState(trainProgram.variables.map(({ variable }) => variable));
    const executable = await engine.compile(trainProgram, state);
    await lossesOf(executable, feeds, 1);
    executable.dispose();
    state.dispose();
  };
  for (let i = 0; i < 3; i++) await cycle();
  const before = await heldBytes();
  for (let i = 0; i < 20; i++) await cycle();
  expect((await heldBytes()) - before).toBeLessThan(50 * MEGABYTE); // all of them would be 210
  runtime.dispose();
});
