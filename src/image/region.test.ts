import { expect, test } from 'vitest';
import { expectPixels, pillow, sourceOf } from '../../test/pillow.ts';
import { flipHorizontally } from './kernels.ts';
import { crop, erase, flipVertically, pad } from './region.ts';

const image = sourceOf({ from: [3, 3, 4] });
const pixel = (x: number, y: number) => [...image.data.subarray((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)];

test.each(pillow.padded)('a border ($border) around $from is that of torchvision', (made) => {
  expectPixels(pad(sourceOf(made), made.margins, made.border, made.fill), made);
});

test('a crop holds the pixels of its region, and the whole image is itself', () => {
  const cut = crop(image, { left: 1, top: 1, width: 2, height: 2 });
  expect([...cut.data]).toEqual([...pixel(1, 1), ...pixel(2, 1), ...pixel(1, 2), ...pixel(2, 2)]);
  expect(crop(image, { left: 0, top: 0, width: 4, height: 3 })).toBe(image);
});

test('flips reverse columns or rows', () => {
  const mirrored = flipHorizontally(image);
  expect([...mirrored.data.subarray(0, 6)]).toEqual([...pixel(3, 0), ...pixel(2, 0)]);
  const upsideDown = flipVertically(image);
  expect([...upsideDown.data.subarray(0, 6)]).toEqual([...pixel(0, 2), ...pixel(1, 2)]);
  expect(flipVertically(flipHorizontally(flipVertically(mirrored)))).toEqual(image);
});

test('a region is filled in a copy of the image', () => {
  const before = image.data.slice();
  const erased = erase(image, { left: 2, top: 0, width: 2, height: 1 }, [1, 2, 3]);
  expect([...erased.data.subarray(3, 12)]).toEqual([...pixel(1, 0), 1, 2, 3, 1, 2, 3]);
  expect(erased.data.subarray(12)).toEqual(image.data.subarray(12));
  expect(image.data).toEqual(before);
});

test('regions beyond the image, colors of other channels and images too small to reflect are refused', () => {
  expect(() => crop(image, { left: 0, top: 2, width: 4, height: 2 })).toThrow(
    'cannot crop 4 x 2 pixels at (0, 2) from an image of 4 x 3; pad or enlarge the image first',
  );
  expect(() => crop(image, { left: 0, top: 0, width: 0, height: 2 })).toThrow('cannot crop 0 x 2');
  expect(() => pad(image, [1, 1, 1, 1], 'constant', [1, 2])).toThrow('fill [1, 2] has 2 values');
  expect(() => pad(image, [0, 3, 0, 0], 'reflect')).toThrow(
    'too small to reflect in a border of [0, 3, 0, 0]',
  );
  expect(() => pad(image, [0, 4, 0, 0], 'symmetric')).toThrow('or "edge"');
});
