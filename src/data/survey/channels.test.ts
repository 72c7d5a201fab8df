import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countingSplits, flatImage } from '../../../test/images.ts';
import { encodePng } from '../../image/encode.ts';
import { concatenate, pick } from '../dataset.ts';
import { openFolder } from '../folder/folder.ts';
import { digits } from '../sources/digits/digits.ts';
import { takeSubset } from '../subset.ts';
import { channelsFor, countChannels, describeChannels } from './channels.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-channels-'));
});
afterEach(() => rm(folder, { recursive: true }));

const gray = flatImage(7);
const color = { ...gray, channels: 3 as const, data: new Uint8Array(12).fill(7) };

/** Ten images in each of two classes; those with these numbers, in order of their paths, are color. */
async function putImages(isColor: (index: number) => boolean): Promise<void> {
  for (let index = 0; index < 20; index++) {
    const place = join(folder, index < 10 ? 'cat' : 'dog');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `${index + 10}.png`), await encodePng(isColor(index) ? color : gray));
  }
}

test.each([
  ['the first image is grayscale', (index: number) => index > 0, { grayscale: 1, color: 19 }],
  ['the last image is color', (index: number) => index === 19, { grayscale: 19, color: 1 }],
  ['all are color', () => true, { grayscale: 0, color: 20 }],
])('3 channels if %s', async (_, isColor, expected) => {
  await putImages(isColor);
  const data = await openFolder(folder);
  const counts = await countChannels(data);
  expect(counts).toMatchObject(expected);
  expect(channelsFor(counts)).toBe(3);
});

test('1 channel if all are grayscale; files that cannot be read do not count', async () => {
  await putImages(() => false);
  await writeFile(join(folder, 'cat', '0.png'), 'broken');
  const counts = await countChannels(await openFolder(folder));
  expect(counts).toMatchObject({ grayscale: 20, color: 0 });
  expect(channelsFor(counts)).toBe(1);
});

test('only the images of a subset count', async () => {
  await putImages((index) => index >= 10);
  const data = takeSubset(await openFolder(folder), { train: 2, valid: 1, test: 1 });
  expect(await countChannels(data)).toEqual({ grayscale: 4, color: 0, highBitDepth: [] });
});

test('data sets that know their channels are not read, also in parts', async () => {
  const { splits } = digits({ train: 1_000_000_000, valid: 10, test: 10 });
  expect(await countChannels({ splits })).toEqual({ grayscale: 1_000_000_020, color: 0, highBitDepth: [] });
  expect(pick(splits.valid, [1, 2]).channels).toBe(1);
  expect(concatenate([splits.valid, splits.test]).channels).toBe(1);
  expect(
    concatenate([splits.valid, { ...pick(splits.test, [0]), channels: undefined }]).channels,
  ).toBeUndefined();
});

test('images of other data sets are asked for, one by one', async () => {
  const heard: number[] = [];
  const counts = await countChannels(countingSplits(3, 2, 1), (done, total) => heard.push(done, total));
  expect(counts).toMatchObject({ grayscale: 6, color: 0 });
  expect(heard.slice(-2)).toEqual([6, 6]);
});

test('the decision is reported if images are of both kinds', () => {
  expect(describeChannels({ color: 47, grayscale: 1 })).toBe(
    '47 color and 1 grayscale image: using 3 channels',
  );
  expect(describeChannels({ color: 1, grayscale: 47 })).toBe(
    '1 color and 47 grayscale images: using 3 channels',
  );
  expect(describeChannels({ color: 0, grayscale: 47 })).toBeUndefined();
  expect(describeChannels({ color: 5, grayscale: 0 })).toBeUndefined();
  expect(channelsFor({ color: 0, grayscale: 0 })).toBe(3);
});
