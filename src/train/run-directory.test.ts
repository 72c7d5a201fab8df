// Locks, damage and removal of run folders.
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { NO_PROCESS } from '../../test/processes.ts';
import { interruptAfter, tinyData, tinyModel } from '../../test/tiny.ts';
import { DataError } from '../base/errors.ts';
import { loadCheckpoint } from '../checkpoints/checkpoint.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import type { Listener, TrainEvent } from './events.ts';
import type { TrainOptions } from './options.ts';
import { resumeTraining } from './resume.ts';
import { openRunEngine } from './run-engine.ts';
import { readConfig, readEvents } from './run-files.ts';
import { train } from './train.ts';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-run-'));
  out = join(folder, 'run');
});
afterEach(() => rm(folder, { recursive: true }));

const usual: TrainOptions = { engine, epochs: 2, batchSize: 8, learningRate: 0.05 };
const resume = () => resumeTraining(out, tinyData(), { engine, model: tinyModel() });

/** Does something once, when the last checkpoint of a step is saved. */
function afterSaving(step: number, act: () => Promise<unknown>): Listener {
  return async (event) => {
    if (event.type === 'saved' && event.checkpoint === 'last' && event.step === step) await act();
  };
}

test('only one run at a time uses a folder', async () => {
  const other = { ...usual, out, overwrite: true };
  const refused: unknown[] = [];
  const rival = afterSaving(3, async () => {
    refused.push(await resume().catch((error) => error));
    refused.push(await train(tinyModel(), tinyData(), other).catch((error) => error));
  });
  await train(tinyModel(), tinyData(), { ...usual, out, listeners: [rival] });
  expect(refused).toHaveLength(2);
  for (const error of refused) {
    expect(error).toBeInstanceOf(DataError);
    expect(String(error)).toMatch(
      new RegExp(`process ${process.pid} is training in the folder .*run; wait for .*remove .*\\.lock`),
    );
  }
  await train(tinyModel(), tinyData(), other);
  expect(await readdir(out)).not.toContain('.lock');
});

test('the lock and the partial checkpoint of a killed process are ignored', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, ...interruptAfter(4) });
  await writeFile(join(out, '.lock'), `${NO_PROCESS} ${hostname()} 1`);
  await writeFile(join(out, '.last.safetensors.0123456789ab.tmp'), 'half');
  expect((await resume()).result.steps).toBe(6);
  const files = ['best.safetensors', 'config.json', 'events.jsonl', 'last.safetensors'];
  expect((await readdir(out)).sort()).toEqual(files);
});

testIf(existsSync('/dev/full'), 'no /dev/full')(
  'a full disk ends the run, and the checkpoint before is kept and can be resumed from',
  async () => {
    const events: TrainEvent[] = [];
    const log = join(out, 'events.jsonl');
    const full = afterSaving(3, async () => {
      await rename(log, `${log}.kept`);
      await symlink('/dev/full', log);
    });
    const hear: Listener = (event) => events.push(event);
    const run = train(tinyModel(), tinyData(), { ...usual, out, listeners: [full, hear] });
    await expect(run).rejects.toThrow(
      /events\.jsonl: cannot be written \(ENOSPC\); the disk is full, free some space/,
    );
    expect(events.at(-1)).toMatchObject({ type: 'failed', kept: 3 });
    await rename(`${log}.kept`, log);
    expect((await resume()).result.steps).toBe(6);
  },
);

test('removing the folder during a run ends it with a message', async () => {
  const remove = afterSaving(3, () => rm(out, { recursive: true }));
  const run = train(tinyModel(), tinyData(), { ...usual, out, listeners: [remove] });
  await expect(run).rejects.toThrow(
    /the folder of the run, .*run, no longer exists: it was removed or moved/,
  );
});

test.each([
  ['nothing', ''],
  ['half of it', '{"model": {"name"'],
  ['a list', '[1, 2]'],
  ['null', 'null'],
])('a configuration that holds %s is called damaged', async (_, text) => {
  await mkdir(out);
  await writeFile(join(out, 'config.json'), text);
  await expect(readConfig(out)).rejects.toThrow(DataError);
  await expect(readConfig(out)).rejects.toThrow(/run\/config\.json: is damaged: expected a JSON object/);
});

test('lines that are not events are skipped, and a null loss is NaN', async () => {
  await mkdir(out);
  expect(await readEvents(out)).toEqual([]);
  const lines = [
    'null',
    '12',
    '[]',
    '{"step":1}',
    '{"type":"logged","loss":null}',
    '\u0000\u0001',
    '{"type":"en',
  ];
  await writeFile(join(out, 'events.jsonl'), lines.join('\n'));
  expect(await readEvents(out)).toEqual([{ type: 'logged', loss: Number.NaN }]);
  await rm(join(out, 'events.jsonl'));
  await mkdir(join(out, 'events.jsonl'));
  await expect(readEvents(out)).rejects.toThrow(/events\.jsonl: cannot be read \(EISDIR\)/);
});

test('damaged checkpoints stop a resume at its beginning, with what can be done', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, ...interruptAfter(4) });
  const [best, last] = ['best', 'last'].map((name) => join(out, `${name}.safetensors`)) as [string, string];
  const whole = await readFile(last);
  await writeFile(last, whole.subarray(0, whole.length / 2));
  await expect(resume()).rejects.toThrow(
    /last\.safetensors: is truncated.* The run cannot be resumed without this file: copy a kept checkpoint .* or start a new run .*best\.safetensors/,
  );
  await writeFile(last, whole);
  await writeFile(best, 'damaged');
  await expect(resume()).rejects.toThrow(/best\.safetensors: .* remove this file to resume without it/);
  await rm(best);
  expect((await resume()).result.bestStep).toBe(6);
  expect((await loadCheckpoint(best, { model: tinyModel() })).training!.step).toBe(6);
});

test('the last checkpoints are kept, and a run can be resumed from one of them', async () => {
  const options = { ...usual, evaluateEvery: 1, out, keep: 2 };
  await train(tinyModel(), tinyData(), options);
  const kept = async () => (await readdir(out)).filter((name) => name.startsWith('step-')).sort();
  expect(await kept()).toEqual(['step-000005.safetensors', 'step-000006.safetensors']);
  const last = join(out, 'last.safetensors');
  const whole = await readFile(last);
  await copyFile(join(out, 'step-000005.safetensors'), last);
  const { result } = await resumeTraining(out, tinyData(), { engine, model: tinyModel(), keep: 1 });
  expect(result.steps).toBe(6);
  expect(await readFile(last)).toEqual(whole);
  expect(await kept()).toEqual(['step-000006.safetensors']);
  await train(tinyModel(), tinyData(), { ...usual, out, overwrite: true });
  expect(await kept()).toEqual([]);
});

test('a resumed run keeps its own engine, unless another one is given', async () => {
  await train(tinyModel(), tinyData(), { ...usual, out, epochs: 1 });
  expect((await openRunEngine(out)).name).toBe('reference');
  expect((await openRunEngine(out, { engine: 'auto' })).name).toBe('reference');
  expect((await openRunEngine(out, { engine: 'onnx', threads: 1 })).name).toBe('onnx');
});
