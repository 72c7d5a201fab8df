import { expect, test } from 'vitest';
import { compareStatistics, fitted, measureImage } from './statistics.ts';

test('statistics of an image are computed from its pixels', () => {
  const data = Uint8Array.from([0, 0, 0, 0, 90, 0, 0, 0, 0]);
  const gray = { width: 3, height: 3, channels: 1, data } as const;
  const measured = measureImage(gray, fitted(gray), 100);
  expect(measured).toMatchObject({ brightness: 10, saturation: 0, red: 0, width: 3, aspect: 1, bytes: 100 });
  expect(measured.contrast).toBeCloseTo(Math.sqrt(800), 12);
  expect(measured.sharpness).toBe(0);
  const red = {
    width: 2,
    height: 1,
    channels: 3,
    data: Uint8Array.from([200, 100, 100, 200, 100, 100]),
  } as const;
  expect(measureImage(red, red)).toMatchObject({
    saturation: 0.5,
    brightness: 130,
    red: 70,
    green: -30,
    blue: -30,
  });
});

test('sharpness is the variance of the Laplacian, and large images are shrunk into 256 x 256', () => {
  const data = Uint8Array.from([0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0]);
  const gray = { width: 4, height: 3, channels: 1, data } as const;
  expect(measureImage(gray, gray).sharpness).toBe(625); // Of -40 and 10.
  const large = { width: 1024, height: 512, channels: 1, data: new Uint8Array(1024 * 512) } as const;
  expect(fitted(large)).toMatchObject({ width: 256, height: 128 });
});

test('differences are in standard deviations, with a word for their direction; null for constant sets that differ', () => {
  const image = (value: number, width: number) => {
    const pixels = { width, height: 1, channels: 1, data: new Uint8Array(width).fill(value) } as const;
    return measureImage(pixels, pixels);
  };
  const found = compareStatistics([image(10, 4), image(30, 4)], [image(50, 8), image(70, 8)]);
  const named = new Map(found.map((statistic) => [statistic.name, statistic]));
  expect(named.get('brightness')).toMatchObject({
    reference: { mean: 20, std: 10 },
    target: { mean: 60, std: 10 },
    difference: 4,
    word: 'brighter',
  });
  expect(named.get('width')).toMatchObject({ difference: null, word: 'wider' });
  expect(named.get('height')).toMatchObject({ difference: 0 });
  expect(named.has('bytes')).toBe(false);
});
