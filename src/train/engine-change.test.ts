// A run whose engine gives up, and one that is interrupted while it compiles.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AbortedError, EngineError } from '../base/errors.ts';
import { parseSubset, takeSubset } from '../data/index.ts';
import { digits } from '../data/sources/digits/digits.ts';
import type { Engine } from '../engines/engine.ts';
import { FallbackEngine } from '../engines/fallback.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { createModel } from '../models/index.ts';
import { resumeTraining, train } from './index.ts';
import { readConfig, readEvents } from './run-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-engine-change-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = takeSubset(digits(), parseSubset('train=8,valid=2,test=2'));
const options = { epochs: 2, batchSize: 4 };

/** The reference engine, which fails at the program of this name. */
function failingAt(name: string, error: Error): Engine {
  return {
    ...referenceEngine,
    name: 'native',
    compile: (program, state) => {
      if (program.name.startsWith(name)) throw error;
      return referenceEngine.compile(program, state);
    },
  };
}

test('config, events and results name the engine that computed', async () => {
  const broken = failingAt('forward', new EngineError('the compiler broke'));
  const engine = new FallbackEngine(broken, async () => ({ ...referenceEngine, name: 'onnx' }));
  const out = join(folder, 'changed');
  await train(createModel('lenet5'), data, { ...options, engine, out });
  const change = { step: 2, from: 'native', to: 'onnx', reason: 'the compiler broke' };
  const events = await readEvents(out);
  expect(events.find(({ type }) => type === 'started')).toMatchObject({ engine: 'native' });
  expect(events.filter(({ type }) => type === 'engine changed')).toMatchObject([change]);
  const config = await readConfig(out);
  expect(config).toMatchObject({ engine: 'onnx', engineChanges: [change] });

  await resumeTraining(out, data, { engine: referenceEngine, epochs: 3 });
  const resumed = { step: 4, from: 'onnx', to: 'reference', reason: 'resumed on another engine' };
  expect(await readConfig(out)).toMatchObject({ engine: 'reference', engineChanges: [change, resumed] });
});

test('a run interrupted while compiling can be resumed, with the same results', async () => {
  const aborter = new AbortController();
  const [out, whole] = [join(folder, 'interrupted'), join(folder, 'whole')];
  const compiling: Engine = {
    ...referenceEngine,
    compile: async (_, __, { signal } = {}) => {
      aborter.abort('SIGTERM');
      if (signal?.aborted) throw new AbortedError('compiling was interrupted');
      throw new Error('the signal of the run did not arrive');
    },
  };
  const run = { ...options, engine: compiling, signal: aborter.signal, out };
  const { result } = await train(createModel('lenet5'), data, run);
  expect(result).toMatchObject({ steps: 0, interrupted: true });
  await resumeTraining(out, data, { engine: referenceEngine });
  await train(createModel('lenet5'), data, { ...options, engine: referenceEngine, out: whole });
  for (const name of ['last.safetensors', 'best.safetensors']) {
    expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name)))).toBe(true);
  }
});
