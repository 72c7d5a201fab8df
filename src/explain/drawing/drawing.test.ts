// Colors, magnification and layout of the drawn images.
import { expect, test } from 'vitest';
import type { Image } from '../../image/image.ts';
import { floatTensor } from '../../tensor/tensor.ts';
import { magnify } from './canvas.ts';
import { blend, colorize, formatNumber, viridis } from './colors.ts';
import { drawFeatureMaps } from './feature-maps.ts';
import { drawFilters } from './filters.ts';
import { drawMap, drawOverlay } from './heat-map.ts';

const dark = [68, 1, 84];
const bright = [253, 231, 37];
const left = 12;
const top = 42;

function pixel({ width, channels, data }: Image, x: number, y: number): number[] {
  const at = (y * width + x) * channels;
  return [...data.subarray(at, at + channels)];
}

test('viridis runs from dark violet to yellow, and clips values outside', () => {
  expect([viridis(0), viridis(1), viridis(-3), viridis(7)]).toEqual([dark, bright, dark, bright]);
});

test('between the colors of the table, viridis is close to that of matplotlib', () => {
  const published = { 8: [71, 13, 96], 76: [53, 95, 141], 144: [31, 160, 136], 246: [231, 228, 25] };
  for (const [index, color] of Object.entries(published)) {
    viridis(Number(index) / 255).forEach((value, i) => {
      expect(Math.abs(value - color[i])).toBeLessThanOrEqual(7);
    });
  }
});

test('NaN is white, and a constant map is all dark', () => {
  const data = Float32Array.of(0, Number.NaN, 2);
  expect([...colorize({ width: 3, height: 1, data }, 0, 2).data]).toEqual([
    ...dark,
    255,
    255,
    255,
    ...bright,
  ]);
  expect([...colorize({ width: 1, height: 1, data: Float32Array.of(5) }, 5, 5).data]).toEqual(dark);
});

test('magnified pixels are squares', () => {
  const image: Image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) };
  expect(magnify(image, 2)).toEqual({
    width: 4,
    height: 2,
    channels: 1,
    data: Uint8Array.of(1, 1, 2, 2, 1, 1, 2, 2),
  });
});

test('images are blended by opacity', () => {
  const one = (value: number): Image => ({
    width: 1,
    height: 1,
    channels: 3,
    data: new Uint8Array(3).fill(value),
  });
  expect([...blend(one(0), one(100), 0.25).data]).toEqual([25, 25, 25]);
});

test('numbers have three significant digits', () => {
  expect([0, 1.23456, -98.76, 0.00012, 123456].map(formatNumber)).toEqual([
    '0',
    '1.23',
    '−98.8',
    '1.2e−4',
    '1.2e+5',
  ]);
});

test('each feature map runs from dark to bright on its own scale', async () => {
  const image = await drawFeatureMaps('conv', floatTensor([1, 2, 1, 2], [0, 1, 500, -500]));
  const [side, across] = [32, 64 + 8];
  const firstRow = [0, 1, 2, 3].map((i) =>
    pixel(image, left + Math.floor(i / 2) * across + (i % 2) * side, top),
  );
  expect(firstRow).toEqual([dark, bright, bright, dark]);
});

test('the units of a layer without feature maps are drawn as one grid', async () => {
  const image = await drawFeatureMaps('fc', floatTensor([1, 3], [0, 1, 1]));
  const corners = [0, 100].flatMap((y) => [0, 100].map((x) => pixel(image, left + x, top + y)));
  expect(corners).toEqual([dark, bright, bright, [255, 255, 255]]);
});

test('filters are gray at 0, black and white at minus and plus the largest magnitude', async () => {
  const image = await drawFilters('conv', floatTensor([1, 1, 1, 3], [-2, 0, 2]));
  expect([0, 16, 32].map((x) => pixel(image, left + x, top))).toEqual([
    [0, 0, 0],
    [128, 128, 128],
    [255, 255, 255],
  ]);
});

test('filters of three input channels are drawn in color', async () => {
  const image = await drawFilters('conv', floatTensor([1, 3, 1, 1], [1, -1, 0]));
  expect(pixel(image, left, top)).toEqual([255, 0, 128]);
});

test('other filters are drawn as blocks of slices with a line between them', async () => {
  const image = await drawFilters('conv', floatTensor([1, 2, 1, 1], [1, -1]));
  expect([0, 36, 37].map((x) => pixel(image, left + x, top)[0])).toEqual([255, 255, 0]);
  expect(pixel(image, left + 36 + 36, top)[0]).toBe(0);
});

test('the heat map is drawn over the grayscale image, beside the image itself', async () => {
  const pixels: Image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(200, 0, 0) };
  const map = { width: 1, height: 1, data: Float32Array.of(3) };
  const image = await drawOverlay('title', pixels, map);
  expect(pixel(image, left, top)).toEqual([200, 0, 0]);
  const gray = 60; // 0.299 x 200
  expect(pixel(image, left + 224 + 12, top)).toEqual(
    bright.map((value) => Math.round(gray * 0.45 + value * 0.55)),
  );
  expect(pixel(await drawMap('title', map), left, top)).toEqual(bright);
});
