// Handing over from an engine that fails to another one.
import { expect, test, vi } from 'vitest';
import { lossesOf, prepare, valuesOf } from '../../test/prepared.ts';
import { tinyModel } from '../../test/tiny.ts';
import { AbortedError, EngineError, UsageError } from '../base/errors.ts';
import type { Engine } from './engine.ts';
import { FallbackEngine } from './fallback.ts';
import { referenceEngine } from './reference/index.ts';

/** The reference engine under another name, which can be told to fail. */
function fragileEngine() {
  const control: { failure?: Error } = {};
  const engine: Engine = {
    ...referenceEngine,
    name: 'fragile',
    compile: async (program, state) => {
      if (control.failure) throw control.failure;
      return referenceEngine.compile(program, state);
    },
  };
  return { control, engine };
}

function openFragile() {
  const { control, engine: first } = fragileEngine();
  const openSuccessor = vi.fn(async () => referenceEngine);
  return { control, openSuccessor, engine: new FallbackEngine(first, openSuccessor) };
}

const failure = new EngineError('the compiler broke');

test('training goes on where it was when a later program fails to compile', async () => {
  const { control, openSuccessor, engine } = openFragile();
  const run = async (on: Engine) => {
    const { trainProgram, forwardProgram, state, feedsOf } = prepare(on, tinyModel(), 4);
    delete control.failure;
    const training = await on.compile(trainProgram, state);
    const before = await lossesOf(training, feedsOf(trainProgram), 2);
    control.failure = failure;
    const { logits } = await (await on.compile(forwardProgram, state)).run(feedsOf(forwardProgram));
    return [before, await lossesOf(training, feedsOf(trainProgram), 2), logits, valuesOf(state)];
  };
  expect(await run(engine)).toEqual(await run(referenceEngine));
  expect(openSuccessor.mock.calls).toEqual([[failure]]);
  expect(engine.name).toBe('reference');
});

test('several programs that fail at once have one successor', async () => {
  const { control, openSuccessor, engine } = openFragile();
  const { trainProgram, forwardProgram, state, feedsOf } = prepare(engine, tinyModel(), 2);
  control.failure = failure;
  const both = await Promise.all(
    [trainProgram, forwardProgram].map((program) => engine.compile(program, state)),
  );
  for (const executable of both) await executable.run(feedsOf(executable.program));
  expect(openSuccessor).toHaveBeenCalledTimes(1);
});

test('an executable that was disposed of stays so', async () => {
  const { control, engine } = openFragile();
  const { trainProgram, forwardProgram, state, feedsOf } = prepare(engine, tinyModel(), 2);
  const training = await engine.compile(trainProgram, state);
  training.dispose();
  control.failure = failure;
  await engine.compile(forwardProgram, state);
  await expect(training.run(feedsOf(trainProgram))).rejects.toThrow('disposed of');
});

test('errors of the caller, internal errors and failures of the successor are shown', async () => {
  for (const [first, second, shown] of [
    [new UsageError('wrong'), undefined, 'wrong'],
    [new Error('internal: fault'), undefined, 'internal: fault'],
    [failure, new EngineError('it fails too'), 'it fails too'],
  ] as const) {
    const [fragile, other] = [fragileEngine(), fragileEngine()];
    const engine = new FallbackEngine(fragile.engine, async () => other.engine);
    const { trainProgram, state } = prepare(engine, tinyModel(), 2);
    fragile.control.failure = first;
    if (second) other.control.failure = second;
    await expect(engine.compile(trainProgram, state)).rejects.toThrow(shown);
  }
});

test('a state of another engine is refused', async () => {
  const { engine } = openFragile();
  const { forwardProgram, state } = prepare(referenceEngine, tinyModel(), 2);
  await expect(engine.compile(forwardProgram, state)).rejects.toThrow(
    'the auto engine got a state of another engine',
  );
});

test('an interruption is not a failure: the other engine does not take over', async () => {
  const { control, openSuccessor, engine } = openFragile();
  const { trainProgram, state } = prepare(engine, tinyModel(), 4);
  control.failure = new AbortedError('interrupted');
  await expect(engine.compile(trainProgram, state)).rejects.toThrow(AbortedError);
  expect(openSuccessor).not.toHaveBeenCalled();
  expect(engine.replaced).toBeUndefined();
  control.failure = failure;
  await engine.compile(trainProgram, state);
  expect(engine.replaced).toEqual({ name: 'fragile', reason: 'the compiler broke' });
});
