// Images of more than 8 bits: the values that are black and white travel from the data set to the checkpoint.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grayscaleTiff } from '../../test/tiff.ts';
import { tinyModel } from '../../test/tiny.ts';
import { openDataset } from '../data/sources.ts';
import { takeSubset } from '../data/subset.ts';
import { findHighBitDepthRange, HighBitDepthRange } from '../data/survey/high-bit-depth.ts';
import { survey } from '../data/survey/survey.ts';
import { defaultPreprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { predict } from '../evaluation/predict.ts';
import { train } from './train.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-value-range-'));
  for (const [name, level] of [
    ['dark', 200],
    ['light', 3000],
  ] as const) {
    await mkdir(join(folder, name));
    for (let i = 0; i < 10; i++) {
      const values = Uint16Array.from({ length: 16 }, (_, place) => level + 10 * i + place);
      await writeFile(join(folder, name, `${i}.tif`), grayscaleTiff(4, 4, values));
    }
  }
});
afterAll(() => rm(folder, { recursive: true }));

const usual = { engine, epochs: 20, batchSize: 8, learningRate: 0.5 };

test('a checkpoint knows the range of its data, and predicts files with it', async () => {
  const data = await openDataset(folder, { valueRange: [0, 4095] });
  expect(takeSubset(data, { train: 8 }).valueRange).toEqual([0, 4095]);
  const { checkpoint } = await train(tinyModel({ classes: 2 }), data, usual);
  expect(checkpoint.preprocessing[0]).toEqual({ transform: 'value-range', range: [0, 4095] });
  const { metrics } = await evaluate(checkpoint, data.splits.train, { engine });
  expect(metrics.accuracy).toBe(1);
  for (const label of ['dark', 'light']) {
    const [result] = await predict(checkpoint, [join(folder, label, '0.tif')], { engine, top: 1 });
    expect(result).toMatchObject({ predictions: [{ label }] });
  }
});

test('a range of the preprocessing that the data were not opened with is refused', async () => {
  const data = await openDataset(folder);
  const range = [0, 4095] as const;
  const preprocessing = [
    { transform: 'value-range', range } as const,
    ...defaultPreprocessing({ channels: 1, height: 4, width: 4 }),
  ];
  await expect(train(tinyModel({ classes: 2 }), data, { ...usual, preprocessing })).rejects.toThrow(
    /has the value range 0,4095, but folder:.* was opened with none; open it with --value-range 0,4095/,
  );
});

test('images that use a part of their range are noted, unless a range is given', async () => {
  const data = await openDataset(folder);
  const note = /the values of 20 images of 16 bits range only from 200 to 3105, .*; --value-range 0,4095 /;
  expect((await survey(data)).notes).toEqual([expect.stringMatching(note)]);
  expect((await survey(await openDataset(folder, { valueRange: [0, 4095] }))).notes).toEqual([]);
  const paths = Array.from({ length: 20 }, (_, i) => data.all!.describe(i));
  expect((await findHighBitDepthRange(paths)).describe('x')).toMatch(note);
});

test.each([
  [
    [30_000, 34_000],
    'range only from 30000 to 34000, of 0 to 65535: little contrast; --value-range 30000,34000 ',
  ],
  [[0, 1023], ': too dark; --value-range 0,1023 '],
  [[1000, 60_000], undefined],
  [[65_535, 65_535], undefined],
] as const)('values %j are noted if they are few of all', (range, note) => {
  const values = new HighBitDepthRange();
  values.add(range);
  const said = values.describe('x');
  if (note === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(note);
});
