// Programs that are short are run by the calling thread alone.
import { expect } from 'vitest';
import { nativeTest, toolchain } from '../../../../test/native.ts';
import { relativeError } from '../../../../test/ops.witness.ts';
import { lossesOf, prepare, valuesOf } from '../../../../test/prepared.ts';
import { createModel } from '../../../models/index.ts';
import { nativeEngine } from '../index.ts';
import { openRuntime, type Runtime } from './runtime.ts';

const model = createModel('lenet5');

/** Losses and weights of three steps, where programs below `shortWork` are short. */
async function train(runtime: Runtime, shortWork: number) {
  const engine = nativeEngine(runtime, shortWork);
  const { trainProgram, state, feedsOf } = prepare(engine, model, 2);
  const executable = await engine.compile(trainProgram, state);
  const losses = await lossesOf(executable, feedsOf(trainProgram), 3);
  const values = valuesOf(state);
  executable.dispose();
  state.dispose();
  return { losses, values };
}

nativeTest('a short program does what the thread pool does', async () => {
  const runtime = await openRuntime(toolchain, 3);
  const [alone, together] = [await train(runtime, Number.POSITIVE_INFINITY), await train(runtime, 0)];
  expect(relativeError(alone.losses, together.losses)).toBeLessThan(1e-5);
  for (const [name, values] of Object.entries(alone.values)) {
    expect(relativeError(values, together.values[name]), name).toBeLessThan(1e-4);
  }
  runtime.dispose();
});

nativeTest('a short program has ended before the event loop turns', async () => {
  const runtime = await openRuntime(toolchain, 2);
  const engine = nativeEngine(runtime);
  const { forwardProgram, state, feedsOf } = prepare(engine, model, 1);
  const executable = await engine.compile(forwardProgram, state);
  const turn = new Promise((resolve) => setImmediate(resolve, 'turn'));
  const run = executable.run(feedsOf(forwardProgram)).then(() => 'run');
  expect(await Promise.race([run, turn])).toBe('run');
  runtime.dispose();
});
