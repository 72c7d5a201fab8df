// Event files for TensorBoard, read back by a program that knows nothing of ours.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import { testIf } from '../../../test/conditions.ts';
import { tinyData, tinyModel } from '../../../test/tiny.ts';
import { referenceEngine as engine } from '../../engines/reference/index.ts';
import { readEvents, resumeTraining, train } from '../../train/index.ts';
import { tensorBoard } from './listener.ts';

const PYTHON = '/usr/bin/python3';
const reader = fileURLToPath(new URL('../../../scripts/witness/tensorboard.py', import.meta.url));
const usual = { engine, epochs: 2, batchSize: 8, learningRate: 0.05 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-board-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface ReadEvent {
  readonly step: number;
  readonly version: string;
  readonly status: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** Whether Python is here with the packages that the reader needs. */
function canRead(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import crcmod.predefined, google.protobuf'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function readPart(part: string): Promise<ReadEvent[][]> {
  return readFiles(join(folder, 'run', 'tensorboard', part));
}

/** The events in the files of a folder, file by file. */
async function readFiles(place: string): Promise<ReadEvent[][]> {
  const names = (await readdir(place)).sort();
  return names.map((name) =>
    JSON.parse(execFileSync(PYTHON, [reader, join(place, name)], { encoding: 'utf8' })),
  );
}

const readerTest = testIf(canRead(), `${PYTHON} lacks protobuf or crcmod`);

readerTest('an independent reader finds the metrics of the run', async () => {
  const out = join(folder, 'run');
  const { result } = await train(tinyModel(), tinyData(), { ...usual, out, listeners: [tensorBoard()] });
  const events = await readEvents(out);
  const [[start, ...training] = []] = await readPart('train');
  expect(start).toMatchObject({ version: 'brain.Event:2', scalars: {} });
  const logged = events.filter((event) => event.type === 'logged');
  expect(training.map(({ step }) => step)).toEqual(logged.map(({ step }) => step));
  expect(training.map(({ scalars }) => scalars)).toEqual(
    logged.map(({ loss, accuracy, learningRate, imagesPerSecond }) => ({
      loss: Math.fround(loss),
      accuracy: Math.fround(accuracy),
      learning_rate: Math.fround(learningRate),
      images_per_second: Math.fround(imagesPerSecond),
    })),
  );
  const [[, ...validation] = []] = await readPart('valid');
  expect(validation.map(({ step }) => step)).toEqual([3, 6]);
  const [[, test] = []] = await readPart('test');
  expect(test).toMatchObject({
    step: result.bestStep,
    scalars: { accuracy: Math.fround(result.test!.accuracy) },
  });
});

readerTest('a run that goes on takes back what it does again', async () => {
  const out = join(folder, 'run');
  await train(tinyModel(), tinyData(), { ...usual, epochs: 1, out, listeners: [tensorBoard()] });
  const other = join(folder, 'run', 'other');
  const listeners = [tensorBoard(other)];
  await resumeTraining(out, tinyData(), { engine, epochs: 2, model: tinyModel(), listeners });
  const [[, restart, ...training] = []] = await readFiles(join(other, 'train'));
  expect(restart).toMatchObject({ step: 4, status: 1, scalars: {} });
  expect(training.map(({ step }) => step)).toEqual([4, 5, 6]);
});
