import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { grayscaleTiff } from '../../test/tiff.ts';
import { decodeImage } from './decode.ts';
import { parseValueRange, scaleToPixels } from './value-range.ts';
import { findValueRange } from './vips.ts';

test('values are scaled from black to white, rounded, and clipped', () => {
  expect([...scaleToPixels([-1, 0, 100, 1000, 4095, 5000, Number.NaN], [0, 4095])]).toEqual([
    0, 0, 6, 62, 255, 255, 0,
  ]);
  expect([...scaleToPixels([-1000, 0, 1000], [1000, -1000])]).toEqual([255, 128, 0]);
});

test.each([
  ['32-bit', Uint32Array.of(0, 2 ** 31, 2 ** 32 - 1, 5), [0, 2 ** 32 - 1], [0, 128, 255, 0]],
  ['signed 32-bit', Int32Array.of(-70_000, 0, 35_000, 70_000), [-70_000, 70_000], [0, 128, 191, 255]],
  ['32-bit floating-point', Float32Array.of(0, 0.25, 0.5, 1), [0, 1], [0, 64, 128, 255]],
] as const)(
  '%s values are refused without a range, and scaled with one',
  async (type, values, range, pixels) => {
    const tiff = grayscaleTiff(2, 2, values);
    const message = `a.tif: has ${type} values, and the file does not say which of them are black and white; give both`;
    await expect(decodeImage(tiff, { name: 'a.tif' })).rejects.toThrow(message);
    const image = await decodeImage(tiff, { valueRange: range });
    expect(image).toMatchObject({ width: 2, height: 2, channels: 1 });
    expect([...image.data]).toEqual(pixels);
  },
);

test('signed 16-bit values are refused: their negative ones would be lost', async () => {
  const tiff = grayscaleTiff(2, 2, Int16Array.of(-1000, 0, 1000, 3000));
  await expect(decodeImage(tiff, { valueRange: [-1000, 3000] })).rejects.toThrow(
    'image: has signed values of 8 or 16 bits; convert it to unsigned ones.',
  );
});

test('16-bit values count up to 65535 without a range, and a range does not change 8-bit ones', async () => {
  const deep = grayscaleTiff(2, 2, Uint16Array.of(0, 0x1234, 4095, 65_535));
  expect([...(await decodeImage(deep)).data]).toEqual([0, 18, 16, 255]);
  expect([...(await decodeImage(deep, { valueRange: [0, 4095] })).data]).toEqual([0, 255, 255, 255]);
  const bytes = grayscaleTiff(2, 2, Uint8Array.of(0, 10, 200, 255));
  expect([...(await decodeImage(bytes, { valueRange: [0, 4095] })).data]).toEqual([0, 10, 200, 255]);
});

test('colors of 16 bits are scaled channel by channel', async () => {
  const values = Uint16Array.of(0, 1000, 4095, 500, 0, 0);
  const raw = { raw: { width: 2, height: 1, channels: 3 as const } };
  const png = await sharp(values, raw).toColourspace('rgb16').png().toBuffer();
  expect([...(await decodeImage(png, { valueRange: [0, 4095] })).data]).toEqual([0, 62, 255, 31, 0, 0]);
});

test('the values that images use are found', async () => {
  expect(await findValueRange(grayscaleTiff(2, 2, Uint16Array.of(7, 9, 4095, 8)), 'a')).toEqual([7, 4095]);
  expect(await findValueRange(grayscaleTiff(2, 2, Float32Array.of(0.5, -9, 1, 0)), 'a')).toBeUndefined();
  expect(await findValueRange(grayscaleTiff(2, 2, Uint8Array.of(7, 9, 95, 8)), 'a')).toBeUndefined();
});

test('values of an image that is too large are not looked for', async () => {
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  png.writeUInt32BE(9000, 16); // The width, in the header.
  png.writeUInt32BE(9000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  await expect(findValueRange(png, 'a.png')).rejects.toThrow(
    /a\.png: declares 9000 x 9000 = 81000000 pixels, but has/,
  );
});

test('a range is two different numbers', () => {
  expect(parseValueRange('0,4095')).toEqual([0, 4095]);
  expect(parseValueRange(' -1000, 3000 ')).toEqual([-1000, 3000]);
  for (const text of ['', '1', '1,1', 'a,b', '0,1,2', '0,', '0,Infinity']) {
    expect(() => parseValueRange(text)).toThrow(`such as 0,4095, got "${text}"`);
  }
});
